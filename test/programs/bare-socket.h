// What the peers in C++ have in common: a SOCK_SEQPACKET socket without anything around it, and answers in words.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

constexpr size_t kMaxPacket = 1 << 20;
constexpr size_t kMaxDescriptors = 253;

inline std::string ErrorName(int error) {
  static constexpr std::pair<int, const char*> kNames[] = {
      {EACCES, "EACCES"},         {EADDRINUSE, "EADDRINUSE"}, {EAGAIN, "EAGAIN"}, {EBADF, "EBADF"},     {ECONNREFUSED, "ECONNREFUSED"},
      {ECONNRESET, "ECONNRESET"}, {EINVAL, "EINVAL"},         {EMFILE, "EMFILE"}, {ENOBUFS, "ENOBUFS"}, {EMSGSIZE, "EMSGSIZE"},
      {ENOENT, "ENOENT"},         {ENOTCONN, "ENOTCONN"},     {EPERM, "EPERM"},   {EPIPE, "EPIPE"},     {ETOOMANYREFS, "ETOOMANYREFS"},
      {ETIMEDOUT, "ETIMEDOUT"},
  };
  for (const auto& [number, name] : kNames) {
    if (number == error) return name;
  }
  return std::to_string(error);
}

inline std::string Failed() {
  return "err " + ErrorName(errno);
}

inline std::string Done(int result) {
  return result < 0 ? Failed() : "ok";
}

inline std::string Encode(const std::vector<uint8_t>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (bytes.empty()) return "-";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

inline std::vector<uint8_t> Decode(const std::string& hex) {
  std::vector<uint8_t> bytes;
  if (hex == "-") return bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

struct Address {
  sockaddr_un name{};
  socklen_t length = 0;
};

inline Address AddressOf(const std::string& name) {
  Address address;
  address.name.sun_family = AF_UNIX;
  const bool is_path = name[0] == '/';
  char* start = address.name.sun_path + (is_path ? 0 : 1);
  const size_t size = std::min(name.size(), sizeof(address.name.sun_path) - 1);
  std::memcpy(start, name.data(), size);
  // A path ends with its NUL; an abstract name begins with one, and ends where the length says.
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
  return address;
}

inline int Connect(const std::string& name) {
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const Address address = AddressOf(name);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.name), address.length) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

inline int Listen(const std::string& name) {
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const Address address = AddressOf(name);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.name), address.length) < 0) return -1;
  return listen(fd, SOMAXCONN) < 0 ? -1 : fd;
}

inline int Accept(int listening) {
  return accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
}

// One packet with these descriptors, which stay the caller's.
inline ssize_t SendPacket(int socket, std::vector<uint8_t>& bytes, const std::vector<int>& descriptors) {
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  if (!descriptors.empty()) {
    const size_t size = sizeof(int) * std::min(descriptors.size(), kMaxDescriptors);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), descriptors.data(), size);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

// Waits for one packet; what comes with it is the caller's.
inline ssize_t ReceivePacket(int socket, std::vector<uint8_t>& bytes, std::vector<int>& descriptors) {
  bytes.resize(kMaxPacket);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return size;
  bytes.resize(static_cast<size_t>(size));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < here; i++) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      descriptors.push_back(fd);
    }
  }
  return size;
}
