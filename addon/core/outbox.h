// The sending half of a channel: frames in, packets out. Coalesces small frames, fragments large ones, makes messages wait for credit
// and lets everything else pass them. Knows neither N-API nor an operating system.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/frame.h"
#include "core/packet_pool.h"
#include "core/slot_pool.h"

namespace gips {

// The objects that ride with one message; what they are is the platform's business.
class Attachment {
 public:
  virtual ~Attachment() = default;
  virtual uint32_t count() const = 0;
};

struct Segment {
  const uint8_t* data;
  size_t size;
};

enum class SendStatus {
  Sent,
  Full,      // not now; the socket will say when
  Shortage,  // not now; nobody will say when: a system limit (buffers, descriptors in flight)
  Broken,    // never again
  TooLarge,  // this packet never
};

// Where packets go.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual SendStatus SendPacket(const Segment* segments, size_t count, const Attachment* attachment) = 0;
  // The last packet comes, and should not be refused because the peer has not read those before it.
  virtual void OpenReserve() = 0;
};

class Outbox {
 public:
  Outbox(PacketSink& sink, PacketPool& pool) : sink_(sink), pool_(pool) {}
  ~Outbox() { Clear(); }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // `mark`: above so many buffered bytes a message stays cancellable instead of being packed.
  void Open(bool raw, uint64_t mark);
  // The peer reads slots of a pool: from now on large payloads go through `slots`, once the peer has accepted its memory.
  void UseSlots(SlotPool* slots) { slots_ = slots; }

  struct Frame {
    Kind kind;
    const uint8_t* data;
    size_t size;
    uint64_t correlation;
    std::unique_ptr<Attachment> attachment;
  };
  struct Result {
    SendStatus status;  // Sent also when queued
    uint64_t sequence;
  };
  // `at_once`: do not keep a small frame back for company. Everything is copied that does not leave during the call.
  // Status Shortage (there is no memory for it) or TooLarge: nothing was queued.
  Result Send(Frame frame, bool at_once);

  // How large a packet of messages somebody else may put together now.
  size_t PackedRoom() const;
  // Takes such a packet, whose messages cost so much. What the sink does not take is copied and queued.
  void SendPacked(const uint8_t* packet, size_t size, int64_t cost);

  // Removes a queued frame of which nothing has left.
  bool Cancel(uint64_t sequence);

  // Hands packets to the sink until everything is gone, it stops taking them, or about `budget` bytes have left: then Sent, and not
  // empty().
  SendStatus Flush(size_t budget = SIZE_MAX);

  // Nothing will be sent any more.
  void Clear();

  int64_t credit() const { return credit_; }
  void AddCredit(int64_t credit) { credit_ = std::min(credit_ + credit, kMaxCredit); }
  // The peer says that it has accepted the pool (0), or has read slot `number` - 1. False if that cannot be.
  bool OnSlot(uint64_t number);
  // Gives the pool's memory back, unless it has been used since the last call. True if it is still there.
  bool TrimSlots();

  // The socket said it takes packets again.
  void Unblock() { blocked_ = false; }

  // Bytes accepted and not yet taken; not what the channel sends for its own sake (WINDOW, PING, PONG).
  uint64_t buffered() const { return buffered_; }
  // SLOT frames that the sink has not taken yet.
  uint32_t answers() const { return answers_; }
  bool empty() const { return open_ == nullptr && ready_ == nullptr && waiting_ == nullptr; }
  // Whether what is left waits for the sink, not (only) for credit.
  bool blocked() const { return blocked_; }
  bool broken() const { return broken_; }
  bool waits_for_credit() const;

 private:
  struct Entry;

  // No peer can grant so often that it overflows.
  static constexpr int64_t kMaxCredit = int64_t{1} << 53;

  bool MayStart(const Frame& frame) const;
  SendStatus SendDirect(Entry& entry);
  SendStatus Enqueue(Entry& entry);
  void Append(const FrameHeader& header, const uint8_t* data);
  bool Fits(size_t size) const;
  bool IsPackable(const Entry& entry) const;
  bool IsPartlySent(const Entry& entry) const;
  void CloseOpen();
  Entry* Eligible() const;
  SendStatus SendPiece(Entry& entry);
  bool Stage(Entry& entry);
  void Unstage(Entry& entry);
  void OfferSlots(size_t payload);
  void CloseSlots();
  SendStatus SendReady(size_t& budget);
  void Pay(Kind kind, size_t size, uint32_t objects);
  void Refund(Kind kind, size_t size, uint32_t objects);
  void Remove(Entry* entry);
  SendStatus Note(SendStatus status);

  PacketSink& sink_;
  PacketPool& pool_;
  Packet* open_ = nullptr;   // being filled
  Packet* ready_ = nullptr;  // full, or closed to keep the order
  Packet* ready_last_ = nullptr;
  Entry* waiting_ = nullptr;  // for credit, for the sink, or for their turn
  Entry* waiting_last_ = nullptr;
  Entry* active_ = nullptr;  // the one whose fragments are under way
  uint32_t exempt_waiting_ = 0;

  // None: the peer knows of no memory. Offered: it has not answered. InUse: it reads what we name.
  enum class PoolState { None, Offered, InUse };
  SlotPool* slots_ = nullptr;
  PoolState pool_state_ = PoolState::None;
  std::vector<bool> with_peer_;  // by slot: named in a fragment and not read yet
  uint32_t slots_taken_ = 0;     // staged or with the peer
  bool slots_used_ = false;      // since the last TrimSlots

  int64_t credit_ = kInitialCredit;
  uint64_t mark_ = 0;
  uint64_t buffered_ = 0;
  uint32_t answers_ = 0;
  uint64_t sequence_ = 0;
  bool raw_ = false;
  bool blocked_ = false;
  bool broken_ = false;
  bool said_goodbye_ = false;
};

}  // namespace gips
