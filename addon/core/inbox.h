// The receiving half of a channel: packets in, checked frames out. Everything a peer sends is hostile until it has passed here.
// Knows neither N-API nor an operating system.
#pragma once

#include <cstdint>
#include <memory>

#include "core/frame.h"

namespace gips {

// Where the frames of a packet go.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // `payload` is valid during the call. The packet's objects are this frame's.
  virtual void OnFrame(const FrameHeader& header, const uint8_t* payload) = 0;
  // The first fragment of a large message has come; the packet's objects, `objects` in number, are the message's.
  virtual void OnFragmentsBegin(uint32_t objects) = 0;
  // Memory for a large message, in which it will be reassembled; null if it cannot be had.
  virtual uint8_t* Allocate(size_t size) = 0;
  // The message for which memory was allocated last is complete.
  virtual void OnReassembled(Kind kind, uint64_t correlation, size_t size) = 0;
  // The peer lets us send so much more.
  virtual void OnWindow(uint64_t credit) = 0;
  // The peer shares memory, which is the packet's object, or has withdrawn it. False if it is not what it is said to be.
  virtual bool OnPool(const PoolOffer& offer) = 0;
  // Copies out of the peer's memory, and lets it be used again. False if there is no such slot.
  virtual bool ReadSlot(const SlotReference& reference, uint8_t* to) = 0;
  // The peer has accepted our memory, or has read a slot of it. False if that cannot be.
  virtual bool OnSlot(uint64_t number) = 0;
  // How far the peer is with the ring. An offer's half of it is the packet's objects, and `capacity` its size. False if that cannot be.
  virtual bool OnRing(RingStep step, uint64_t capacity) = 0;
};

class Inbox {
 public:
  // `window`: how much credit the peer has had from us at the most; `max_message_size`: the largest message we said we accept.
  void Open(uint64_t window, uint64_t max_message_size);

  enum class Verdict { Good, Violation, OutOfMemory };
  // Walks the frames of one packet that came with `objects` objects.
  Verdict Accept(const uint8_t* packet, size_t size, uint32_t objects, FrameSink& sink);

  // Nothing more will be accepted.
  void Clear() { open_ = {}; }

  // The user has taken messages of this cost.
  void Granted(int64_t cost) { outstanding_ -= cost; }

 private:
  Verdict AcceptFrame(const FrameHeader& header, const uint8_t* payload, FrameSink& sink);
  Verdict AcceptFragment(const FrameHeader& header, const uint8_t* payload, FrameSink& sink);
  bool Charge(Kind kind, uint64_t size, uint32_t objects);
  bool MakeRoom(size_t size, FrameSink& sink);

  struct Reassembly {
    Kind kind;
    uint64_t correlation;
    uint32_t total;  // 0: none open
    size_t size;
    size_t capacity;
    uint8_t* bytes;                    // in `first`, or allocated by the sink
    std::unique_ptr<uint8_t[]> first;  // the beginning of a message that is only announced to be very large
  };

  Reassembly open_ = {};
  int64_t window_ = 0;
  int64_t outstanding_ = 0;
  uint64_t max_message_size_ = 0;
  bool greeted_ = false;
  bool goodbye_ = false;
};

}  // namespace gips
