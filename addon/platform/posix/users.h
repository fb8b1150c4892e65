// The user and group database, whatever it is made of (files, LDAP, ...: getpwnam(3) asks the name service switch).
#pragma once

#include <optional>
#include <string>

namespace gips {

// Ids in decimal; what is one already is its own.
std::optional<std::string> UserId(const std::string& name);
std::optional<std::string> GroupId(const std::string& name);
std::optional<std::string> UserName(const std::string& id);

}  // namespace gips
