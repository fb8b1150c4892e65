// Tokens that are less than this process's own.
#pragma once

#include <windows.h>

#include <sddl.h>

#include <cstdint>
#include <string>
#include <vector>

inline std::vector<uint8_t> Query(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  DWORD size = 0;
  GetTokenInformation(token, what, nullptr, 0, &size);
  std::vector<uint8_t> buffer(size);
  GetTokenInformation(token, what, buffer.data(), size, &size);
  return buffer;
}

inline HANDLE OwnToken() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token);
  return token;
}

// Not an administrator any more: what a user has without elevation.
inline HANDLE FilteredToken() {
  PSID administrators = nullptr;
  ConvertStringSidToSidW(L"S-1-5-32-544", &administrators);
  SID_AND_ATTRIBUTES denied = {administrators, 0};
  HANDLE token = nullptr;
  CreateRestrictedToken(OwnToken(), DISABLE_MAX_PRIVILEGE, 1, &denied, 0, nullptr, 0, nullptr, &token);
  LocalFree(administrators);
  return token;
}

// Nobody any more: its user and all its groups are only there to be denied things, but for everyone.
inline HANDLE SandboxToken() {
  HANDLE own = OwnToken();
  std::vector<uint8_t> user = Query(own, TokenUser);
  std::vector<uint8_t> groups = Query(own, TokenGroups);
  std::vector<SID_AND_ATTRIBUTES> denied = {{reinterpret_cast<TOKEN_USER*>(user.data())->User.Sid, 0}};
  auto* list = reinterpret_cast<TOKEN_GROUPS*>(groups.data());
  for (DWORD i = 0; i < list->GroupCount; i++) {
    const SID_AND_ATTRIBUTES& group = list->Groups[i];
    bool stays = IsWellKnownSid(group.Sid, WinWorldSid) || (group.Attributes & (SE_GROUP_LOGON_ID | SE_GROUP_INTEGRITY)) != 0;
    if (!stays) denied.push_back({group.Sid, 0});
  }
  HANDLE token = nullptr;
  CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, static_cast<DWORD>(denied.size()), denied.data(), 0, nullptr, 0, nullptr, &token);
  return token;
}
