// What the security descriptor of a pipe, as the system has it, gives to whom: access-check NAME. Prints one object of JSON: the
// descriptor, and for each token the rights that it gets.

#include <windows.h>

#include <aclapi.h>

#include <cstdio>
#include <string>

#include "tokens.h"

namespace {

// What a client of gips asks for.
constexpr DWORD kConverse = FILE_GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;

struct Right {
  const char* name;
  DWORD mask;
};

constexpr Right kRights[] = {
    {"converse", kConverse},       {"create instances", FILE_CREATE_PIPE_INSTANCE}, {"delete", DELETE}, {"change access", WRITE_DAC},
    {"change owner", WRITE_OWNER},
};

HANDLE AnonymousToken() {
  HANDLE token = nullptr;
  if (!ImpersonateAnonymousToken(GetCurrentThread())) return nullptr;
  OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_DUPLICATE, TRUE, &token);
  RevertToSelf();
  return token;
}

bool Gets(PSECURITY_DESCRIPTOR descriptor, HANDLE token, DWORD mask) {
  GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  PRIVILEGE_SET privileges = {};
  DWORD size = sizeof(privileges);
  DWORD granted = 0;
  BOOL status = FALSE;
  if (!AccessCheck(descriptor, token, mask, &mapping, &privileges, &size, &granted, &status)) {
    std::fprintf(stderr, "AccessCheck: %lu\n", GetLastError());
    ExitProcess(1);
  }
  return status != FALSE;
}

void Tell(const char* who, HANDLE token, PSECURITY_DESCRIPTOR descriptor) {
  HANDLE checked = nullptr;
  if (token == nullptr || !DuplicateTokenEx(token, TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenImpersonation, &checked)) {
    std::printf(",\"%s\":null", who);
    return;
  }
  std::string rights;
  for (const Right& right : kRights) {
    if (Gets(descriptor, checked, right.mask)) rights += (rights.empty() ? "\"" : ",\"") + std::string(right.name) + "\"";
  }
  std::printf(",\"%s\":[%s]", who, rights.c_str());
}

}  // namespace

int wmain(int, wchar_t** words) {
  std::wstring path = L"\\\\?\\pipe\\" + std::wstring(words[1]);
  HANDLE pipe = CreateFileW(path.c_str(), kConverse, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return static_cast<int>(GetLastError());
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  constexpr SECURITY_INFORMATION parts = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, parts, nullptr, nullptr, nullptr, nullptr, &descriptor);
  if (error != 0) return static_cast<int>(error);
  LPSTR text = nullptr;
  ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, parts, &text, nullptr);
  std::printf("{\"descriptor\":\"%s\"", text);
  Tell("own", OwnToken(), descriptor);
  Tell("filtered", FilteredToken(), descriptor);
  Tell("sandbox", SandboxToken(), descriptor);
  Tell("anonymous", AnonymousToken(), descriptor);
  std::printf("}\n");
  return 0;
}
