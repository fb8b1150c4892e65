// Runs a command as the same user with other rights. Usage: launch.exe restricted|guarded|both <program> [argument...]
// `restricted`: no privileges, and no member of the administrators; `guarded`: nobody but administrators may do anything with its process.
// Its exit code is the program's.
#include <windows.h>

#include <sddl.h>

#include <cstdio>
#include <cwchar>
#include <string>

namespace {

int Fail(const char* what) {
  std::fprintf(stderr, "launch: %s: error %lu\n", what, GetLastError());
  return 125;
}

// What follows the first `words` words, as it was written.
std::wstring CommandLine(int words) {
  const wchar_t* rest = GetCommandLineW();
  for (; words > 0; words--) {
    bool quoted = false;
    for (; *rest != 0 && (quoted || *rest != L' '); rest++) {
      if (*rest == L'"') quoted = !quoted;
    }
    while (*rest == L' ') rest++;
  }
  return rest;
}

bool Restrict(HANDLE& token) {
  PSID administrators;
  if (!ConvertStringSidToSidW(L"S-1-5-32-544", &administrators)) return false;
  SID_AND_ATTRIBUTES disabled = {administrators, 0};
  return CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 1, &disabled, 0, nullptr, 0, nullptr, &token);
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc < 3) return 2;
  const std::wstring mode = argv[1];
  HANDLE token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token)) return Fail("OpenProcessToken");
  if (mode != L"guarded" && !Restrict(token)) return Fail("CreateRestrictedToken");
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), nullptr, FALSE};
  // To administrators and the system, all; to everyone, to wait for it, to look who it is, and to read these lines.
  const wchar_t* guarded = L"D:P(A;;0x1fffff;;;BA)(A;;0x1fffff;;;SY)(A;;0x121000;;;WD)";
  auto revision = SDDL_REVISION_1;
  if (mode != L"restricted" &&
      !ConvertStringSecurityDescriptorToSecurityDescriptorW(guarded, revision, &attributes.lpSecurityDescriptor, nullptr))
    return Fail("ConvertStringSecurityDescriptorToSecurityDescriptor");
  STARTUPINFOW startup = {};
  startup.cb = sizeof(startup);
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  PROCESS_INFORMATION process;
  std::wstring command = CommandLine(2);
  if (!CreateProcessAsUserW(token, nullptr, command.data(), &attributes, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process))
    return Fail("CreateProcessAsUser");
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 124;
  GetExitCodeProcess(process.hProcess, &code);
  return static_cast<int>(code);
}
