// A bare SOCK_SEQPACKET peer for tests: it knows nothing of gips and is told by lines on standard input exactly what to do, so that it can
// be a raw client, a hostile one, or one of another user. Every command is answered by one line: `ok ...` or `err ERRNAME ...`.
//
//   connect NAME         NAME is an abstract name, or a path if it begins with '/'
//   connects NAME COUNT  COUNT further connections, kept until `close`       -> ok COUNT | err ERRNAME DONE
//   listen NAME          the listening socket
//   accept               takes the next client as the connection
//   send HEX [NFDS]      one packet ("-" = empty) with NFDS descriptors      -> ok BYTES
//   sendwith HEX WHAT    one packet with one descriptor: sealed memory of 280,000 bytes ("memory") or of 10 ("little"), 64 MiB of
//                        it that were never written ("holes"), memory that can shrink ("unsealed") or be
//                        written ("writable"), "directory", "pipe", "socket", "zero" or "file"     -> ok BYTES
//   sendrepeat HEX COUNT the same packet COUNT times                         -> ok COUNT | err ERRNAME DONE
//   recv                 waits for one packet                                -> ok HEX NFDS; "-" at the end of the stream
//   shutdown             no more sending
//   close                closes every connection and the listening socket
//   setuid UID           becomes user and group UID, without other groups
//   exit

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <iostream>
#include <sstream>

#include "bare-socket.h"

namespace {

int connection = -1;
int listening = -1;
std::vector<int> further;

std::string FailedAfter(size_t done) {
  return Failed() + " " + std::to_string(done);
}

int Memory(size_t size, int seals) {
  const int fd = memfd_create("bare-peer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const std::vector<uint8_t> bytes(size, 'm');
  if (write(fd, bytes.data(), size) < 0 || (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)) return -1;
  return fd;
}

// Memory that is only said to be there: nothing has been written to it.
int Holes(off_t size) {
  const int fd = memfd_create("bare-peer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (ftruncate(fd, size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE) < 0) return -1;
  return fd;
}

// See `sendwith`. -1 for an unknown word too: what cannot be sent fails.
int OpenOne(const std::string& what) {
  int pair[2] = {-1, -1};
  if (what == "memory") return Memory(280'000, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
  if (what == "holes") return Holes(64 << 20);
  if (what == "little") return Memory(10, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
  if (what == "writable") return Memory(280'000, F_SEAL_SHRINK);
  if (what == "unsealed") return Memory(280'000, 0);
  if (what == "null") return open("/dev/null", O_RDWR | O_CLOEXEC);
  if (what == "zero") return open("/dev/zero", O_RDWR | O_CLOEXEC);
  if (what == "directory") return open("/", O_RDONLY | O_CLOEXEC);
  if (what == "file") return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (what == "pipe" && pipe2(pair, O_CLOEXEC) < 0) return -1;
  if (what == "socket" && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  close(pair[1]);
  return pair[0];
}

// With so many duplicates of `descriptor`, which is closed.
ssize_t Send(std::vector<uint8_t>& bytes, size_t descriptors, int descriptor) {
  const ssize_t sent = SendPacket(connection, bytes, std::vector<int>(descriptors, descriptor));
  const int error = errno;
  close(descriptor);
  errno = error;
  return sent;
}

std::string Receive() {
  std::vector<uint8_t> bytes;
  std::vector<int> descriptors;
  if (ReceivePacket(connection, bytes, descriptors) < 0) return Failed();
  for (int fd : descriptors) close(fd);
  return "ok " + Encode(bytes) + " " + std::to_string(descriptors.size());
}

std::string ConnectMany(const std::string& name, size_t count) {
  for (size_t done = 0; done < count; done++) {
    const int fd = Connect(name);
    if (fd < 0) return FailedAfter(done);
    further.push_back(fd);
  }
  return "ok " + std::to_string(count);
}

std::string SendMany(const std::string& hex, size_t count) {
  std::vector<uint8_t> bytes = Decode(hex);
  for (size_t done = 0; done < count; done++) {
    if (Send(bytes, 0, -1) < 0) return FailedAfter(done);
  }
  return "ok " + std::to_string(count);
}

void CloseAll() {
  for (int fd : further) close(fd);
  further.clear();
  if (connection >= 0) close(connection);
  if (listening >= 0) close(listening);
  connection = listening = -1;
}

std::string BecomeUser(uid_t id) {
  if (setgroups(0, nullptr) < 0 || setgid(id) < 0) return Failed();
  return Done(setuid(id));
}

std::string Run(const std::string& command, const std::string& text, const std::string& last) {
  const size_t count = std::strtoul(last.c_str(), nullptr, 10);
  if (command == "connect") return Done(connection = Connect(text));
  if (command == "connects") return ConnectMany(text, count);
  if (command == "listen") return Done(listening = Listen(text));
  if (command == "accept") return Done(connection = Accept(listening));
  if (command == "sendrepeat") return SendMany(text, count);
  if (command == "recv") return Receive();
  if (command == "shutdown") return Done(shutdown(connection, SHUT_WR));
  if (command == "setuid") return BecomeUser(static_cast<uid_t>(std::strtoul(text.c_str(), nullptr, 10)));
  if (command == "send") {
    std::vector<uint8_t> bytes = Decode(text);
    const ssize_t sent = Send(bytes, count, count > 0 ? OpenOne("null") : -1);
    return sent < 0 ? Failed() : "ok " + std::to_string(sent);
  }
  if (command == "sendwith") {
    std::vector<uint8_t> bytes = Decode(text);
    const ssize_t sent = Send(bytes, 1, OpenOne(last));
    return sent < 0 ? Failed() : "ok " + std::to_string(sent);
  }
  if (command == "close") {
    CloseAll();
    return "ok";
  }
  errno = EINVAL;
  return Failed();
}

}  // namespace

int main() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::string text;
    std::string last;
    words >> command >> text >> last;
    if (command == "exit") break;
    std::cout << Run(command, text, last) << std::endl;
  }
  return 0;
}
