// Whom a service may admit at all, as far as it can be said without having seen them.
#pragma once

#include <string>
#include <vector>

namespace gips {

// Who is none of these is refused later at any rate, so a platform whose names can keep people out may do so at once.
struct Audience {
  bool everybody = true;
  // The rest counts only if it is not everybody. As the policies name them.
  std::vector<std::string> users;
  std::vector<std::string> groups;
  bool privileged = false;
};

}  // namespace gips
