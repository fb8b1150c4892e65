#include "acceptor.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "describe.h"

namespace gips {

namespace {

constexpr mode_t kOwnerOnly = 0600;

Descriptor NewSocket() {
  return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

struct Address {
  explicit Address(const std::string& name) {
    storage.sun_family = AF_UNIX;
    std::memcpy(storage.sun_path, name.data(), name.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_un storage = {};
  socklen_t length;
};

// Binding, probing and removing a socket file are one step under a lock on its directory: between bind() and listen() a socket
// looks exactly like a dead one's leftover. The lock leaves nothing behind, not even after a crash.
Descriptor LockDirectory(const std::string& path) {
  size_t slash = path.rfind('/');
  std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  Descriptor lock(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.valid() && flock(lock.get(), LOCK_EX | LOCK_NB) != 0) lock.Close();
  return lock;
}

// Removes the file if it is a socket that nobody listens on. Only ECONNREFUSED says so: EAGAIN is a full backlog, EPROTOTYPE a live socket
// of another type, EACCES one that is not ours to judge. 0, or the errno that says why it stays.
int RemoveLeftover(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return EADDRINUSE;
  Descriptor probe = NewSocket();
  if (!probe.valid()) return errno;
  Address address(path);
  if (connect(probe.get(), address.get(), address.length) == 0 || errno != ECONNREFUSED) return EADDRINUSE;
  return unlink(path.c_str()) == 0 ? 0 : errno;
}

// The umask can have taken rights even from the owner. The file is chosen by its inode: whoever else may write to the directory may have
// put something else in its place.
void RestoreOwnerRights(const std::string& path, const struct stat& bound) {
  Descriptor file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!file.valid() || fstat(file.get(), &status) != 0 || status.st_dev != bound.st_dev || status.st_ino != bound.st_ino) return;
  chmod(("/proc/self/fd/" + std::to_string(file.get())).c_str(), kOwnerOnly);
}

// Accepted sockets inherit these from their listener (unix_accept), and with them every packet would bring credentials or a pidfd, which
// nobody here asked for and which take the room of the descriptors in the control data.
void RefuseAncillaryData(int fd) {
#ifndef SO_PASSPIDFD
  constexpr int SO_PASSPIDFD = 76;
#endif
  constexpr int kOff = 0;
  for (int option : {SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD}) setsockopt(fd, SOL_SOCKET, option, &kOff, sizeof(kOff));
}

}  // namespace

Acceptor Acceptor::Listen(const std::string& address, int backlog, const Audience&) {
  Acceptor acceptor;
  Descriptor socket = NewSocket();
  if (!socket.valid()) return acceptor;
  bool is_file = address[0] != '\0';
  Address name(address);
  Descriptor lock;
  if (is_file) {
    // The mode of the unbound socket's inode becomes the file's (unix_bind_bsd), so the file is never open to others.
    if (fchmod(socket.get(), kOwnerOnly) != 0) return acceptor;
    lock = LockDirectory(address);
    if (!lock.valid()) return acceptor;
  }
  auto bind_now = [&] { return bind(socket.get(), name.get(), name.length) == 0 ? 0 : errno; };
  int error = bind_now();
  if (error == EADDRINUSE && is_file) {
    error = RemoveLeftover(address);
    if (error == 0) error = bind_now();
  }
  if (error != 0) {
    errno = error;
    return acceptor;
  }
  struct stat status = {};
  if ((is_file && lstat(address.c_str(), &status) != 0) || listen(socket.get(), backlog) != 0) {
    error = errno;
    if (is_file) unlink(address.c_str());
    errno = error;
    return acceptor;
  }
  if (is_file && (status.st_mode & 0777) != kOwnerOnly) RestoreOwnerRights(address, status);
  acceptor.device_ = status.st_dev;
  acceptor.inode_ = status.st_ino;
  acceptor.address_ = address;
  acceptor.socket_ = std::move(socket);
  return acceptor;
}

Acceptor Acceptor::Adopt(Descriptor& socket) {
  Acceptor acceptor;
  sockaddr_un name = {};
  socklen_t length = sizeof(name);
  const char* description = DescribeDescriptor(socket.get());
  bool fits = description != nullptr && std::strcmp(description, "seqpacket-listener") == 0 &&
              getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &length) == 0 && name.sun_family == AF_UNIX &&
              fcntl(socket.get(), F_SETFL, fcntl(socket.get(), F_GETFL) | O_NONBLOCK) == 0 && fcntl(socket.get(), F_SETFD, FD_CLOEXEC) == 0;
  if (!fits) {
    errno = EINVAL;
    return acceptor;
  }
  size_t size = length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
  // A path comes back with its terminating NUL (unix(7)), an abstract name without.
  if (size > 0 && name.sun_path[0] != '\0') size = strnlen(name.sun_path, size);
  acceptor.address_.assign(name.sun_path, size);
  acceptor.adopted_ = true;
  acceptor.socket_ = std::move(socket);
  return acceptor;
}

Acceptor Acceptor::AdoptInherited(int fd) {
  Descriptor socket(fd);
  Acceptor acceptor = Adopt(socket);
  socket.Take();  // not ours, unless it has been taken over
  return acceptor;
}

Socket Acceptor::Accept() {
  for (;;) {
    Descriptor socket(accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    // A connection that is gone before it was accepted is nobody's error.
    if (socket.valid() && adopted_) RefuseAncillaryData(socket.get());
    if (socket.valid() || (errno != EINTR && errno != ECONNABORTED)) return socket;
  }
}

void Acceptor::Close() {
  if (!socket_.valid()) return;
  // While the socket still listens nobody takes its file for a leftover, so what is compared is what is removed.
  struct stat status;
  bool ours = inode_ != 0 && lstat(address_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (ours) unlink(address_.c_str());
  socket_.Close();
}

}  // namespace gips
