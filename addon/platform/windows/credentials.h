// Who is at the other end, as its token tells.
#pragma once

#include <string>
#include <vector>

#include "descriptor.h"
#include "transport.h"

namespace gips {

struct Credentials {
  DWORD pid;
  std::string user;                 // as the policies name it: the SID; who may only be denied things is nobody
  std::vector<std::string> groups;  // SIDs of the groups that are enabled, the primary one first if it is
  bool is_privileged;               // an elevated administrator, or the system itself
};

// A server asks when the first packet is there, which it reads from. False with LastFailure().
bool PeerCredentials(const Transport& transport, Credentials& credentials);

// A handle that stands for the peer process and for no later one with its number. Not valid() with LastFailure().
Descriptor PeerProcess(const Transport& transport);
bool ProcessExited(const Descriptor& process);

Credentials CurrentCredentials();

}  // namespace gips
