// Who is at the other end, as the kernel recorded it when the connection was made.
#pragma once

#include <sys/types.h>

#include <vector>

#include "descriptor.h"

namespace gips {

struct Credentials {
  pid_t pid;
  uid_t uid;
  std::vector<gid_t> gids;  // the primary one first
};

// False with errno.
bool PeerCredentials(int fd, Credentials& credentials);

// A descriptor that stands for the peer process and for no later one with its number (Linux 6.5). Not valid() with errno elsewhere.
Descriptor PeerProcess(int fd);
bool ProcessExited(int process);

Credentials CurrentCredentials();

}  // namespace gips
