// What an access token says of its bearer.
#pragma once

#include <string>
#include <vector>

#include "descriptor.h"

namespace gips {

struct Identity {
  std::string user;
  std::vector<std::string> groups;
  bool is_privileged = false;
};

// False with LastFailure(). The token needs TOKEN_QUERY.
bool IdentityOf(HANDLE token, Identity& identity);

std::string SidToString(PSID sid);

}  // namespace gips
