#include "credentials.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace gips {

namespace {

// Younger than the C libraries we build with.
#ifndef SO_PEERPIDFD
constexpr int SO_PEERPIDFD = 77;
#endif

void PutFirst(gid_t primary, std::vector<gid_t>& gids) {
  gids.erase(std::remove(gids.begin(), gids.end(), primary), gids.end());
  gids.insert(gids.begin(), primary);
}

}  // namespace

bool PeerCredentials(int fd, Credentials& credentials) {
  ucred peer;
  socklen_t length = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  std::vector<gid_t> gids(64);
  for (;;) {
    length = static_cast<socklen_t>(gids.size() * sizeof(gid_t));
    int status = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids.data(), &length);
    if (status != 0 && errno != ERANGE) return false;
    gids.resize(length / sizeof(gid_t));
    if (status == 0) break;
  }
  PutFirst(peer.gid, gids);
  credentials = {peer.pid, peer.uid, std::move(gids)};
  return true;
}

Descriptor PeerProcess(int fd) {
  int process = -1;
  socklen_t length = sizeof(process);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &length) != 0) return Descriptor();
  return Descriptor(process);
}

bool ProcessExited(int process) {
  pollfd watched = {process, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

Credentials CurrentCredentials() {
  std::vector<gid_t> gids;
  int count = getgroups(0, nullptr);
  if (count > 0) {
    gids.resize(static_cast<size_t>(count));
    count = getgroups(count, gids.data());
    gids.resize(count > 0 ? static_cast<size_t>(count) : 0);
  }
  PutFirst(getegid(), gids);
  return {getpid(), geteuid(), std::move(gids)};
}

}  // namespace gips
