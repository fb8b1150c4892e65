// The receiving half of a channel: packets in, checked frames out. Everything a peer sends is hostile until it has passed here.
// Knows neither N-API nor an operating system.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/frame.h"

namespace gips {

struct FreeBytes {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
using OwnedBytes = std::unique_ptr<uint8_t[], FreeBytes>;

// Where the frames of a packet go.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // `payload` is valid during the call. The packet's objects are this frame's.
  virtual void OnFrame(const FrameHeader& header, const uint8_t* payload) = 0;
  // The first fragment of a large message has come; the packet's objects, `objects` in number, are the message's.
  virtual void OnFragmentsBegin(uint32_t objects) = 0;
  // A large message is complete.
  virtual void OnReassembled(Kind kind, uint64_t correlation, OwnedBytes bytes, size_t size) = 0;
  // The peer lets us send so much more.
  virtual void OnWindow(uint64_t credit) = 0;
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
  bool Grow(size_t size);

  struct Reassembly {
    Kind kind;
    uint64_t correlation;
    uint32_t total;  // 0: none open
    size_t size;
    size_t capacity;
    OwnedBytes bytes;
  };

  Reassembly open_ = {};
  int64_t window_ = 0;
  int64_t outstanding_ = 0;
  uint64_t max_message_size_ = 0;
  bool greeted_ = false;
  bool goodbye_ = false;
};

}  // namespace gips
