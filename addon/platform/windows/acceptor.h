// A name of the pipe namespace and the instances of it that wait for clients.
#pragma once

#include <memory>
#include <string>

#include "core/audience.h"
#include "descriptor.h"
#include "transport.h"

namespace gips {

class Acceptor {
 public:
  // Not valid() with LastFailure(). UV_EADDRINUSE: somebody has the name. `backlog`: clients that may wait to be accepted.
  // `audience`: nobody else can open the pipe.
  static Acceptor Listen(const std::string& address, int backlog, const Audience& audience);
  // Pipes that listen cannot be handed over: UV_ENOTSUP.
  static Acceptor Adopt(Descriptor& socket);
  static Acceptor AdoptInherited(int fd);

  Acceptor() = default;
  ~Acceptor() { Close(); }
  Acceptor(Acceptor&&) = default;
  Acceptor& operator=(Acceptor&&) = default;

  bool valid() const { return server_ != nullptr; }
  // Of its readiness.
  int fd() const;
  const std::string& address() const { return address_; }

  // The next connection; not valid() with LastFailure().
  Socket Accept();
  Descriptor Share() const;

  void Close();

 private:
  class Server;
  std::shared_ptr<Server> server_;
  std::string address_;
};

}  // namespace gips
