#include "users.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
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

}  // namespace

std::optional<uint32_t> UserId(const std::string& name) {
  passwd entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getpwnam_r(name.c_str(), arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return entry.pw_uid;
}

std::optional<uint32_t> GroupId(const std::string& name) {
  group entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getgrnam_r(name.c_str(), arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return entry.gr_gid;
}

std::optional<std::string> UserName(uint32_t id) {
  passwd entry;
  std::vector<char> buffer;
  auto lookup = [&](auto... arguments) { return getpwuid_r(id, arguments...); };
  if (Find(entry, buffer, lookup) == nullptr) return std::nullopt;
  return std::string(entry.pw_name);
}

}  // namespace gips
