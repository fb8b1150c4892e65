#include "credentials.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace gips {

namespace {

// Younger than the C libraries we build with.
#ifndef SO_PEERPIDFD
constexpr int SO_PEERPIDFD = 77;
#endif

constexpr uid_t kRoot = 0;

Credentials Describe(pid_t pid, uid_t uid, gid_t primary, const std::vector<gid_t>& gids) {
  std::vector<std::string> groups = {std::to_string(primary)};
  for (gid_t gid : gids) {
    if (gid != primary) groups.push_back(std::to_string(gid));
  }
  return {pid, std::to_string(uid), std::move(groups), uid == kRoot};
}

}  // namespace

bool PeerCredentials(const Transport& transport, Credentials& credentials) {
  ucred peer;
  socklen_t length = sizeof(peer);
  if (getsockopt(transport.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  std::vector<gid_t> gids(64);
  for (;;) {
    length = static_cast<socklen_t>(gids.size() * sizeof(gid_t));
    int status = getsockopt(transport.fd(), SOL_SOCKET, SO_PEERGROUPS, gids.data(), &length);
    if (status != 0 && errno != ERANGE) return false;
    gids.resize(length / sizeof(gid_t));
    if (status == 0) break;
  }
  credentials = Describe(peer.pid, peer.uid, peer.gid, gids);
  return true;
}

Descriptor PeerProcess(const Transport& transport) {
  int process = -1;
  socklen_t length = sizeof(process);
  if (getsockopt(transport.fd(), SOL_SOCKET, SO_PEERPIDFD, &process, &length) != 0) return Descriptor();
  return Descriptor(process);
}

bool ProcessExited(const Descriptor& process) {
  pollfd watched = {process.get(), POLLIN, 0};
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
  return Describe(getpid(), geteuid(), getegid(), gids);
}

}  // namespace gips
