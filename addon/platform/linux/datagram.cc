#include "datagram.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "descriptor.h"

namespace gips {

int SendDatagram(const uint8_t* address, size_t address_size, const uint8_t* data, size_t size) {
  sockaddr_un name = {};
  if (address_size > sizeof(name.sun_path)) return -ENAMETOOLONG;
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address, address_size);
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return -errno;
  iovec content = {const_cast<uint8_t*>(data), size};
  msghdr message = {};
  message.msg_name = &name;
  message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_size);
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  return sendmsg(socket.get(), &message, MSG_NOSIGNAL) >= 0 ? 0 : -errno;
}

}  // namespace gips
