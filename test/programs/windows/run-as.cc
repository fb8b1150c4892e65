// Runs a program with less than one's own token, and ends as it does: run-as filtered|sandbox PROGRAM ARGUMENT...
// Or with the own one, but so that only administrators may do something with its process: run-as guarded PROGRAM ARGUMENT...
// It ends with this process, whatever becomes of that.

#include <windows.h>

#include <cstdio>
#include <string>

#include "tokens.h"

namespace {

// The rules of CommandLineToArgvW.
std::wstring Quote(const std::wstring& argument) {
  std::wstring quoted = L"\"";
  size_t backslashes = 0;
  for (wchar_t character : argument) {
    if (character == L'"') quoted.append(backslashes + 1, L'\\');
    backslashes = character == L'\\' ? backslashes + 1 : 0;
    quoted += character;
  }
  quoted.append(backslashes, L'\\');
  return quoted + L"\"";
}

// To administrators and the system, everything; to the others, to know who it is and that it has ended.
bool GuardProcess(SECURITY_ATTRIBUTES& attributes) {
  const wchar_t* access = L"D:P(A;;0x1fffff;;;BA)(A;;0x1fffff;;;SY)(A;;0x121000;;;WD)";
  return ConvertStringSecurityDescriptorToSecurityDescriptorW(access, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, nullptr);
}

int Fail(const char* what) {
  std::fprintf(stderr, "run-as: %s: %lu\n", what, GetLastError());
  return 125;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count < 3) return Fail("usage");
  const std::wstring mode = words[1];
  HANDLE token = mode == L"guarded" ? OwnToken() : mode == L"sandbox" ? SandboxToken() : FilteredToken();
  if (token == nullptr) return Fail("CreateRestrictedToken");
  std::wstring command;
  for (int i = 2; i < count; i++) command += (i > 2 ? L" " : L"") + Quote(words[i]);

  SECURITY_ATTRIBUTES guarded = {sizeof(guarded), nullptr, FALSE};
  if (mode == L"guarded" && !GuardProcess(guarded)) return Fail("ConvertStringSecurityDescriptorToSecurityDescriptor");

  HANDLE job = CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits))) return Fail("SetInformationJobObject");

  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  for (HANDLE handle : {startup.hStdInput, startup.hStdOutput, startup.hStdError})
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  PROCESS_INFORMATION process = {};
  if (!CreateProcessAsUserW(token, nullptr, command.data(), &guarded, nullptr, TRUE, CREATE_SUSPENDED, nullptr, nullptr, &startup,
                            &process))
    return Fail("CreateProcessAsUser");
  if (!AssignProcessToJobObject(job, process.hProcess)) {
    TerminateProcess(process.hProcess, 125);
    return Fail("AssignProcessToJobObject");
  }
  ResumeThread(process.hThread);
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  return static_cast<int>(code);
}
