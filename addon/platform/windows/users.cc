#include "users.h"

#include <windows.h>

#include <sddl.h>

#include <vector>

#include "token.h"
#include "wide_string.h"

namespace gips {

namespace {

std::optional<std::string> Known(PSID sid) {
  std::string text = SidToString(sid);
  return text.empty() ? std::nullopt : std::optional<std::string>(std::move(text));
}

std::optional<std::string> Find(const std::string& name, bool (*is_wanted)(SID_NAME_USE)) {
  std::wstring wide = Widen(name);
  PSID sid = nullptr;
  if (ConvertStringSidToSidW(wide.c_str(), &sid)) {
    auto known = Known(sid);
    LocalFree(sid);
    return known;
  }
  DWORD size = 0;
  DWORD domain_size = 0;
  SID_NAME_USE use;
  LookupAccountNameW(nullptr, wide.c_str(), nullptr, &size, nullptr, &domain_size, &use);
  if (size == 0) return std::nullopt;
  std::vector<uint8_t> found(size);
  std::vector<wchar_t> domain(domain_size + 1);
  if (!LookupAccountNameW(nullptr, wide.c_str(), found.data(), &size, domain.data(), &domain_size, &use)) return std::nullopt;
  return is_wanted(use) ? Known(found.data()) : std::nullopt;
}

}  // namespace

std::optional<std::string> UserId(const std::string& name) {
  return Find(name, [](SID_NAME_USE use) { return use == SidTypeUser || use == SidTypeWellKnownGroup; });
}

std::optional<std::string> GroupId(const std::string& name) {
  return Find(name, [](SID_NAME_USE use) { return use == SidTypeGroup || use == SidTypeAlias || use == SidTypeWellKnownGroup; });
}

std::optional<std::string> UserName(const std::string& id) {
  PSID sid = nullptr;
  if (!ConvertStringSidToSidW(Widen(id).c_str(), &sid)) return std::nullopt;
  wchar_t name[256];
  wchar_t domain[256];
  DWORD size = 256;
  DWORD domain_size = 256;
  SID_NAME_USE use;
  BOOL found = LookupAccountSidW(nullptr, sid, name, &size, domain, &domain_size, &use);
  LocalFree(sid);
  return found ? std::optional<std::string>(Narrow(name)) : std::nullopt;
}

}  // namespace gips
