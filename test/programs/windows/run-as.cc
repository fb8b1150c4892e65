// Runs a program with less than one's own token, and ends as it does: run-as filtered|sandbox PROGRAM ARGUMENT...
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

int Fail(const char* what) {
  std::fprintf(stderr, "run-as: %s: %lu\n", what, GetLastError());
  return 125;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count < 3) return Fail("usage");
  HANDLE token = std::wstring(words[1]) == L"sandbox" ? SandboxToken() : FilteredToken();
  if (token == nullptr) return Fail("CreateRestrictedToken");
  std::wstring command;
  for (int i = 2; i < count; i++) command += (i > 2 ? L" " : L"") + Quote(words[i]);

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
  if (!CreateProcessAsUserW(token, nullptr, command.data(), nullptr, nullptr, TRUE, CREATE_SUSPENDED, nullptr, nullptr, &startup, &process))
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
