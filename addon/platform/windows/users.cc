#include "users.h"

#include <windows.h>

#include <sddl.h>

#include <cstdlib>
#include <vector>

#include "token.h"
#include "wide_string.h"

namespace gips {

namespace {

std::optional<std::string> Known(PSID sid) {
  std::string text = SidToString(sid);
  return text.empty() ? std::nullopt : std::optional<std::string>(std::move(text));
}

// Not what ConvertStringSidToSid takes as well: two letters, such as AU, which may be an account's name.
bool IsSid(const std::string& name) {
  return name.size() > 2 && (name[0] == 'S' || name[0] == 's') && name[1] == '-';
}

// The system's own accounts (SYSTEM and its like; from 80 on those of services, of application pools and so on) count as groups that
// everybody knows, as do Everyone and such.
bool IsAccount(const std::string& sid) {
  constexpr char kAuthority[] = "S-1-5-";
  if (sid.rfind(kAuthority, 0) != 0) return false;
  unsigned long number = std::strtoul(sid.c_str() + sizeof(kAuthority) - 1, nullptr, 10);
  return (number >= 18 && number <= 20) || number >= 80;
}

std::optional<std::string> Find(const std::string& name, bool (*is_wanted)(SID_NAME_USE, const std::string&)) {
  std::wstring wide = Widen(name);
  PSID sid = nullptr;
  if (IsSid(name) && ConvertStringSidToSidW(wide.c_str(), &sid)) {
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
  auto known = Known(found.data());
  return known && is_wanted(use, *known) ? known : std::nullopt;
}

}  // namespace

std::optional<std::string> UserId(const std::string& name) {
  return Find(name, [](SID_NAME_USE use, const std::string& sid) {
    return use == SidTypeUser || use == SidTypeComputer || (use == SidTypeWellKnownGroup && IsAccount(sid));
  });
}

std::optional<std::string> GroupId(const std::string& name) {
  return Find(name, [](SID_NAME_USE use, const std::string&) {
    return use == SidTypeGroup || use == SidTypeAlias || use == SidTypeWellKnownGroup;
  });
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
