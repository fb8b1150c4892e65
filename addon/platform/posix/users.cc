#include "users.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

namespace gips {

namespace {

constexpr size_t kLargestEntry = 1024 * 1024;

// Calls one of the get…_r functions with a buffer that grows until the entry fits; null if there is no such entry.
template <typename Entry, typename Lookup>
Entry* Find(Entry& entry, std::vector<char>& buffer, Lookup lookup) {
  for (size_t size = 1024; size <= kLargestEntry; size *= 4) {
    buffer.resize(size);
    Entry* found = nullptr;
    int error = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE) return error == 0 ? found : nullptr;
  }
  return nullptr;
}

bool IsId(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::optional<std::string> UserId(const std::string& name) {
  if (IsId(name)) return name;
  passwd entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getpwnam_r(name.c_str(), arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return std::to_string(entry.pw_uid);
}

std::optional<std::string> GroupId(const std::string& name) {
  if (IsId(name)) return name;
  group entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getgrnam_r(name.c_str(), arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return std::to_string(entry.gr_gid);
}

std::optional<std::string> UserName(const std::string& id) {
  auto uid = static_cast<uid_t>(std::strtoul(id.c_str(), nullptr, 10));
  passwd entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getpwuid_r(uid, arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return std::string(entry.pw_name);
}

}  // namespace gips
