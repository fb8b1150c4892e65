// Who is at the other end, as the kernel recorded it when the connection was made.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "descriptor.h"
#include "transport.h"

namespace gips {

struct Credentials {
  pid_t pid;
  std::string user;                 // as the policies name it: the user id in decimal
  std::vector<std::string> groups;  // the primary one first
  bool is_privileged;
};

// False with errno.
bool PeerCredentials(const Transport& transport, Credentials& credentials);

// A descriptor that stands for the peer process and for no later one with its number (Linux 6.5). Not valid() with errno elsewhere.
Descriptor PeerProcess(const Transport& transport);
bool ProcessExited(const Descriptor& process);

Credentials CurrentCredentials();

}  // namespace gips
