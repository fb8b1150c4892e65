// One connection: packets with descriptors, in and out, never blocking. They travel by a SOCK_SEQPACKET socket, or, from a packet on that
// says so, by a ring in shared memory; then the socket shows that the peer lives, and carries what a ring cannot.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "core/outbox.h"
#include "descriptor.h"
#include "ring_link.h"

namespace gips {

// The descriptors that ride with one message, duplicated: the sender's own may be closed before they leave.
class DescriptorList : public Attachment {
 public:
  // False with errno set: too many open files, or not a descriptor.
  bool AddDuplicate(const Descriptor& descriptor) {
    descriptors_.push_back(descriptor.Duplicate());
    return descriptors_.back().valid();
  }
  void Add(Descriptor descriptor) { descriptors_.push_back(std::move(descriptor)); }
  uint32_t count() const override { return static_cast<uint32_t>(descriptors_.size()); }
  const std::vector<Descriptor>& descriptors() const { return descriptors_; }

 private:
  std::vector<Descriptor> descriptors_;
};

enum class FirstPacket { None = 0, Hello = 1, Raw = 2, End = 3, Violation = 4 };

using Socket = Descriptor;

class Transport final : public PacketSink {
 public:
  // What this platform has of the protocol's optional parts.
  static constexpr uint32_t kFeatures = kFeaturePool | kFeatureRing;
  // What a packet may be longer by than the frames in it.
  static constexpr size_t kMaxTail = 0;

  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  // Address as in sockaddr_un: a leading NUL means the abstract namespace. Not valid() with errno: EAGAIN is a full backlog.
  static Socket Connect(const uint8_t* address, size_t size);

  // Once, before the first packet: room for a few more packets than the default send buffer holds.
  void EnlargeSendBuffer();

  // Once it is known of what kind the packets are: here, that makes no difference.
  void Open(bool) {}

  int fd() const { return socket_.get(); }
  bool open() const { return socket_.valid(); }
  void Close();

  SendStatus SendPacket(const Segment* segments, size_t count, const Attachment* attachment) override;
  void OpenReserve() override;
  // Largest packet the socket can take.
  size_t MaxPacket() const;
  // Bytes of accepted packets that the system has not taken yet: here there are none.
  size_t under_way() const { return 0; }
  // Why objects cannot be passed to this peer, as far as that is known beforehand: here they always can.
  int ObjectsFailure() const { return 0; }
  // Objects of accepted packets that are lost if we leave now: here there are none.
  size_t held() const { return 0; }

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

  // A ring that is being set up, perhaps only our half of it; null: none.
  void SetRing(std::unique_ptr<RingLink> ring) { ring_ = std::move(ring); }
  RingLink* ring() { return ring_.get(); }
  // The peer reads our ring: the next packet is the first one in it. It is preceded by a packet that says so.
  void SendByRing() { sends_by_ring_ = true; }
  // The peer has said so.
  void ReceiveByRing() { receives_by_ring_ = true; }
  bool has_ring() const { return ring_ != nullptr && ring_->complete(); }
  bool receives_by_ring() const { return receives_by_ring_; }
  // Where the last packet was not taken: whether it is the socket that will say when.
  bool waits_for_socket() const { return !sends_by_ring_ || !ring_->out().waits(); }

  // Readable when there is something in the ring, or room again; only if has_ring().
  int bell_fd() { return ring_->bell().fd(); }
  // To be called when it is readable, before anything else.
  void Wake();
  // To be called before whoever calls sleeps. True: there is something to be received already.
  bool AwaitRing() { return receives_by_ring_ && ring_->in().AwaitData(); }
  bool HasInRing() { return receives_by_ring_ && ring_->in().HasData(); }
  // As if the peer had rung: there is more to do, but not now.
  void RingOwnBell() { ring_->bell().Ring(); }

 private:
  SendStatus SendBySocket(const Segment* segments, size_t count, const Attachment* attachment);
  SendStatus SendInRing(const Segment* segments, size_t count, const Attachment* attachment);
  SendStatus SayThatRingBegins();
  Received ReceiveBySocket(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors);
  Received ReceiveInRing(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors);
  int WaitWithRing(int events, int milliseconds);
  bool PeerHasClosed();

  Socket socket_;
  std::unique_ptr<RingLink> ring_;
  bool sends_by_ring_ = false;
  bool said_that_ring_begins_ = false;
  bool receives_by_ring_ = false;
  bool took_from_ring_ = false;
};

}  // namespace gips
