// One connected SOCK_SEQPACKET socket: packets with descriptors, in and out, never blocking.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "core/outbox.h"
#include "descriptor.h"

namespace gips {

// The descriptors that ride with one message, duplicated: the sender's own may be closed before they leave.
class DescriptorList : public Attachment {
 public:
  // False with errno set: too many open files, or not a descriptor.
  bool AddDuplicate(int fd) {
    descriptors_.push_back(Descriptor::Duplicate(fd));
    return descriptors_.back().valid();
  }
  void Add(Descriptor descriptor) { descriptors_.push_back(std::move(descriptor)); }
  uint32_t count() const override { return static_cast<uint32_t>(descriptors_.size()); }
  const std::vector<Descriptor>& descriptors() const { return descriptors_; }

 private:
  std::vector<Descriptor> descriptors_;
};

enum class FirstPacket { None = 0, Hello = 1, Raw = 2, End = 3, Violation = 4 };

class Transport final : public PacketSink {
 public:
  explicit Transport(Descriptor socket) : socket_(std::move(socket)) {}

  // Address as in sockaddr_un: a leading NUL means the abstract namespace. Not valid() with errno: EAGAIN is a full backlog.
  static Descriptor Connect(const uint8_t* address, size_t size);

  // Once, before the first packet: room for more than the four 64 KiB packets that the default send buffer holds.
  void EnlargeSendBuffer();

  int fd() const { return socket_.get(); }
  bool open() const { return socket_.valid(); }
  void Close();

  SendStatus SendPacket(const Segment* segments, size_t count, const Attachment* attachment) override;
  // Largest packet the socket can take.
  size_t MaxPacket() const;

  enum class ReceiveStatus { Packet, Nothing, End, Violation };
  struct Received {
    ReceiveStatus status;
    size_t size;
    int lost;  // errno if descriptors that came with the packet could not be received; they are gone, the bytes are here
  };
  // `descriptors` gets what came with the packet. An error pending on the socket is not the end: what was sent before it is still to be
  // read.
  Received Receive(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors);

  // The size of the next packet; 0 if there is none.
  size_t NextSize();

  // What the next packet is, without consuming it and without receiving its descriptors.
  FirstPacket PeekFirst(uint8_t* buffer, size_t capacity);

  // Waits for readability (1) and writability (2); 0 on timeout or a signal.
  int Wait(int events, int milliseconds);

 private:
  bool PeerHasClosed();

  Descriptor socket_;
};

}  // namespace gips
