// The user and group database, whatever it is made of (files, LDAP, ...: getpwnam(3) asks the name service switch).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gips {

std::optional<uint32_t> UserId(const std::string& name);
std::optional<uint32_t> GroupId(const std::string& name);
std::optional<std::string> UserName(uint32_t id);

}  // namespace gips
