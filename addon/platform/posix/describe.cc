#include "describe.h"

#include <sys/socket.h>
#include <sys/stat.h>

namespace gips {

namespace {

int SocketOption(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : 0;
}

}  // namespace

const char* DescribeDescriptor(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return nullptr;
  if (S_ISREG(status.st_mode)) return "file";
  if (!S_ISSOCK(status.st_mode)) return "other";
  bool listens = SocketOption(fd, SO_ACCEPTCONN) != 0;
  switch (SocketOption(fd, SO_TYPE)) {
    case SOCK_STREAM:
      return listens ? "stream-listener" : "stream";
    case SOCK_SEQPACKET:
      return listens ? "seqpacket-listener" : "seqpacket";
    case SOCK_DGRAM:
      return "dgram";
    default:
      return "other";
  }
}

}  // namespace gips
