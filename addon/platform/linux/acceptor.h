// A listening SOCK_SEQPACKET socket and the name it is bound to.
#pragma once

#include <sys/stat.h>

#include <string>

#include "core/audience.h"
#include "descriptor.h"
#include "transport.h"

namespace gips {

class Acceptor {
 public:
  // Not valid() with errno. EADDRINUSE: a live socket has the name. EWOULDBLOCK: another binder holds the directory's lock.
  // `audience`: is not kept out here, but by the policy.
  static Acceptor Listen(const std::string& address, int backlog, const Audience& audience);
  // Takes a listening socket over, with no claim to its name. Not valid() with errno EINVAL if it is anything else, which is left as it
  // was.
  static Acceptor Adopt(Descriptor& socket);
  static Acceptor AdoptInherited(int fd);

  Acceptor() = default;
  ~Acceptor() { Close(); }
  Acceptor(Acceptor&&) = default;
  Acceptor& operator=(Acceptor&&) = default;

  bool valid() const { return socket_.valid(); }
  int fd() const { return socket_.get(); }
  const std::string& address() const { return address_; }

  // The next connection; not valid() with errno.
  Socket Accept();
  Descriptor Share() const { return Descriptor::Duplicate(fd()); }

  // Frees the name: a socket file goes if it is still the one that was bound.
  void Close();

 private:
  Descriptor socket_;
  std::string address_;
  bool adopted_ = false;
  // Of the socket file; 0 where there is none, or it is not ours to remove.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace gips
