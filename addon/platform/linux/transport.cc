#include "transport.h"

#include <poll.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace gips {

namespace {

// Room for a few packets of 64 KiB. With more of it the two sides work further apart, in memory that the processors' nearer caches do not
// hold.
constexpr int kSendBuffer = 160 * 1024;
// What an ordinary system allows (net.core.wmem_max): its double, which the kernel sets, is more than the double of the above and one
// packet.
constexpr int kLastSendBuffer = 208 * 1024;
constexpr size_t kControlSize = CMSG_SPACE(kMaxObjects * sizeof(int));

bool IsShortage(int error) {
  return error == ENOBUFS || error == ENOMEM || error == ETOOMANYREFS;
}

// Takes ownership of every descriptor in the control data. MSG_CMSG_CLOEXEC was given to recvmsg.
void TakeDescriptors(const msghdr& message, std::vector<Descriptor>& descriptors) {
  // CMSG_NXTHDR takes a pointer to non-const in glibc, and changes nothing.
  msghdr* walked = const_cast<msghdr*>(&message);
  for (cmsghdr* control = CMSG_FIRSTHDR(walked); control != nullptr; control = CMSG_NXTHDR(walked, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(fd);
    }
  }
}

}  // namespace

Socket Transport::Connect(const uint8_t* address, size_t size) {
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return socket;
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address, size);
  socklen_t length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) != 0) return Descriptor();
  return socket;
}

void Transport::EnlargeSendBuffer() {
  // Silently limited to net.core.wmem_max, which is as good as it gets.
  setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof(kSendBuffer));
}

void Transport::OpenReserve() {
  setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &kLastSendBuffer, sizeof(kLastSendBuffer));
  if (has_ring()) ring_->out().OpenReserve();
}

void Transport::Close() {
  socket_.Close();
  ring_.reset();
  sends_by_ring_ = receives_by_ring_ = false;
}

SendStatus Transport::SendPacket(const Segment* segments, size_t count, const Attachment* attachment) {
  return sends_by_ring_ ? SendInRing(segments, count, attachment) : SendBySocket(segments, count, attachment);
}

SendStatus Transport::SendBySocket(const Segment* segments, size_t count, const Attachment* attachment) {
  iovec vectors[2];
  for (size_t i = 0; i < count; i++) vectors[i] = {const_cast<uint8_t*>(segments[i].data), segments[i].size};
  msghdr message = {};
  message.msg_iov = vectors;
  message.msg_iovlen = count;
  alignas(cmsghdr) char control[kControlSize];
  if (attachment != nullptr && attachment->count() > 0) {
    const auto& descriptors = static_cast<const DescriptorList*>(attachment)->descriptors();
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    for (size_t i = 0; i < descriptors.size(); i++) {
      int fd = descriptors[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(int));
    }
  }
  for (;;) {
    if (sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return SendStatus::Sent;
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return SendStatus::Full;
    if (errno == EMSGSIZE) return SendStatus::TooLarge;
    return IsShortage(errno) ? SendStatus::Shortage : SendStatus::Broken;
  }
}

size_t Transport::MaxPacket() const {
  int size = 0;
  socklen_t length = sizeof(size);
  if (getsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &size, &length) != 0) return 0;
  return size > 32 ? static_cast<size_t>(size - 32) : 0;  // unix_dgram_sendmsg: len > sk_sndbuf - 32 is EMSGSIZE
}

Transport::Received Transport::Receive(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors) {
  return receives_by_ring_ ? ReceiveInRing(buffer, capacity, descriptors) : ReceiveBySocket(buffer, capacity, descriptors);
}

Transport::Received Transport::ReceiveBySocket(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors) {
  iovec vector = {buffer, capacity};
  alignas(cmsghdr) char control[kControlSize];
  for (;;) {
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t size = recvmsg(fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
      if (errno == EAGAIN) return {ReceiveStatus::Nothing, 0, 0};
      // ECONNRESET says once that the peer closed with unread data; what it sent is behind it, then 0.
      if (errno == EINTR || errno == ECONNRESET) continue;
      return {ReceiveStatus::End, 0, 0};
    }
    TakeDescriptors(message, descriptors);
    if (message.msg_flags & MSG_TRUNC) return {ReceiveStatus::Violation, 0, 0};
    if (size == 0) {
      // End of file and an empty datagram look the same (socket(7) has no other sign): only a closed peer makes it the end.
      return {PeerHasClosed() ? ReceiveStatus::End : ReceiveStatus::Violation, 0, 0};
    }
    // The control buffer has room for all, so this is the kernel failing to install descriptors (scm_detach_fds).
    int lost = message.msg_flags & MSG_CTRUNC ? EMFILE : 0;
    return {ReceiveStatus::Packet, static_cast<size_t>(size), lost};
  }
}

size_t Transport::NextSize() {
  for (;;) {
    ssize_t size = recv(fd(), nullptr, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
    if (size >= 0) return static_cast<size_t>(size);
    if (errno != EINTR && errno != ECONNRESET) return 0;
  }
}

FirstPacket Transport::PeekFirst(uint8_t* buffer, size_t capacity) {
  for (;;) {
    ssize_t size = recv(fd(), buffer, capacity, MSG_DONTWAIT | MSG_PEEK);
    if (size > 0) return BeginsWithHello(buffer, static_cast<size_t>(size)) ? FirstPacket::Hello : FirstPacket::Raw;
    if (size == 0) return PeerHasClosed() ? FirstPacket::End : FirstPacket::Violation;
    if (errno == EAGAIN) return FirstPacket::None;
    if (errno != EINTR && errno != ECONNRESET) return FirstPacket::End;
  }
}

int Transport::Wait(int events, int milliseconds) {
  if (has_ring()) return WaitWithRing(events, milliseconds);
  pollfd watched = {fd(), 0, 0};
  if (events & 1) watched.events |= POLLIN;
  if (events & 2) watched.events |= POLLOUT;
  if (poll(&watched, 1, milliseconds) <= 0) return 0;
  int ready = 0;
  // An error or hang-up is found by trying.
  if (watched.revents & ~POLLOUT) ready |= 1;
  if (watched.revents & (POLLOUT | POLLERR | POLLHUP)) ready |= 2;
  return ready & events;
}

bool Transport::PeerHasClosed() {
  pollfd watched = {fd(), POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

}  // namespace gips
