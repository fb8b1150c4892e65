// What an access token says of its bearer.
#pragma once

#include <windows.h>

#include <string>
#include <vector>

namespace gips {

constexpr char kAdministratorsSid[] = "S-1-5-32-544";
constexpr char kAnonymousSid[] = "S-1-5-7";
constexpr char kNobodySid[] = "S-1-0-0";
constexpr char kSystemSid[] = "S-1-5-18";

// Only what would open doors: what is there to be denied things, or is not among what a restricted token is restricted to, is left out.
struct Identity {
  std::string user = kNobodySid;    // as whom it counts
  std::string account;              // whose token it is, whether or not that counts
  std::vector<std::string> groups;  // the primary one first
  // An administrator's, elevated and not held back again; or the system's own.
  bool is_privileged = false;
  // SECURITY_MANDATORY_…_RID
  DWORD integrity = SECURITY_MANDATORY_UNTRUSTED_RID;
};

// False with LastFailure(). The token needs TOKEN_QUERY.
bool IdentityOf(HANDLE token, Identity& identity);
bool IdentityOfProcess(HANDLE process, Identity& identity);
bool OwnIdentity(Identity& identity);

// Who owns a kernel object. Nobody can make anybody else the owner. False with LastFailure(). The handle needs READ_CONTROL.
bool OwnerOf(HANDLE object, std::string& sid);
// Who owns what this process makes; empty if it cannot be known.
std::string OwnDefaultOwner();

std::string SidToString(PSID sid);

}  // namespace gips
