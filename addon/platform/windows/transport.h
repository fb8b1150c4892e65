// One connection: packets with handles, in and out, never blocking, by a message-mode pipe.
#pragma once

#include <memory>
#include <vector>

#include "core/outbox.h"
#include "descriptor.h"
#include "handle_broker.h"
#include "pipe.h"
#include "ring_link.h"

namespace gips {

// The handles that ride with one message, duplicated: the sender's own may be closed before they leave.
class DescriptorList : public Attachment {
 public:
  // False with LastFailure().
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

// A connected pipe on its way to its transport.
class Socket {
 public:
  Socket() = default;
  explicit Socket(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  ~Socket() { Close(); }
  Socket(Socket&&) = default;
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      Close();
      pipe_ = std::move(other.pipe_);
    }
    return *this;
  }

  bool valid() const { return pipe_ != nullptr; }
  Pipe& pipe() const { return *pipe_; }
  void Close() {
    if (pipe_ != nullptr) pipe_->Close();
    pipe_.reset();
  }

 private:
  std::shared_ptr<Pipe> pipe_;
};

class Transport final : public PacketSink {
 public:
  // What this platform has of the protocol's optional parts.
  static constexpr uint32_t kFeatures = 0;
  // What a packet may be longer by than the frames in it.
  static constexpr size_t kMaxTail = HandleBroker::kMaxTail;

  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  // Address: the pipe's path in UTF-8. Not valid() with LastFailure(): UV_EAGAIN, all its instances are taken at the moment.
  static Socket Connect(const uint8_t* address, size_t size);

  void EnlargeSendBuffer() {}

  // Once it is known of what kind the packets are.
  void Open(bool raw) { is_framed_ = !raw; }

  // Of the pipe's readiness; -1 when closed.
  int fd() const { return open() ? socket_.pipe().id() : -1; }
  bool open() const { return socket_.valid(); }
  Pipe& pipe() const { return socket_.pipe(); }
  void Close();

  SendStatus SendPacket(const Segment* segments, size_t count, const Attachment* attachment) override;
  // What is under way when a process ends is lost, whatever room there is.
  void OpenReserve() override {}
  size_t MaxPacket() const;
  // Bytes of accepted packets that the system has not taken yet.
  size_t under_way() const { return open() ? socket_.pipe().under_way() : 0; }
  // Why objects cannot be passed to this peer, as far as that is known beforehand: 0, UV_EACCES if neither process has the right to, and
  // UV_ENOTSUP without frames, which alone say what rides with a packet.
  int ObjectsFailure();
  // Objects of accepted packets that are lost if we leave now: the peer has to fetch them. Nobody tells when it has.
  size_t held() { return handles_.held(); }

  enum class ReceiveStatus { Packet, Nothing, End, Violation };
  struct Received {
    ReceiveStatus status;
    size_t size;
    int lost;  // a positive error of libuv's if handles that came with the packet could not be received; they are gone, the bytes are here
  };
  // `descriptors` gets what came with the packet.
  Received Receive(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors);

  // The size of the next packet; 0 if there is none.
  size_t NextSize();

  // What the next packet is, without consuming it.
  FirstPacket PeekFirst(uint8_t* buffer, size_t capacity);

  // Waits for readability (1) and writability (2); 0 on timeout.
  int Wait(int events, int milliseconds);

  // There are no rings here.
  void SetRing(std::unique_ptr<RingLink> ring) { ring_ = std::move(ring); }
  RingLink* ring() { return ring_.get(); }
  void SendByRing() {}
  void ReceiveByRing() {}
  bool has_ring() const { return false; }
  bool receives_by_ring() const { return false; }
  bool waits_for_socket() const { return true; }
  int bell_fd() { return -1; }
  void Wake() {}
  bool AwaitRing() { return false; }
  bool HasInRing() { return false; }
  void RingOwnBell() {}

 private:
  Received Accept(const uint8_t* packet, size_t size, std::vector<Descriptor>& descriptors);

  Socket socket_;
  HandleBroker handles_;
  bool is_framed_ = false;
  bool has_announced_ = false;
  std::unique_ptr<RingLink> ring_;
};

}  // namespace gips
