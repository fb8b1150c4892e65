// Accounts and their SIDs.
#pragma once

#include <optional>
#include <string>

namespace gips {

// The SID of an account, by its name (`alice`, `DOMAIN\alice`) or by itself. It may take its time: a domain is asked over the network.
std::optional<std::string> UserId(const std::string& name);
std::optional<std::string> GroupId(const std::string& name);
std::optional<std::string> UserName(const std::string& id);

}  // namespace gips
