// Packets through shared memory: one direction's ring for the side that writes it, and for the side that reads it. docs/ring.md has the
// layout.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/outbox.h"
#include "core/ring_protocol.h"

namespace gips {

// In front of the ring's bytes: a word per cache line, so that what one side writes does not slow down the reader of another word.
constexpr size_t kRingWordStride = 64;
constexpr size_t kRingDataOffset = 4096;
constexpr size_t kMinRing = 4096;
constexpr size_t kMaxRing = size_t{1} << 30;

constexpr bool IsRingCapacity(uint64_t capacity) {
  return capacity >= kMinRing && capacity <= kMaxRing && (capacity & (capacity - 1)) == 0;
}

// The words in memory: ours, which we write, and the peer's, which we only read.
class SharedRingWords {
 public:
  SharedRingWords(uint8_t* own, const uint8_t* peer) : own_(own), peer_(peer) {}

  uint64_t Peer(RingWord word) const { return At(peer_, word).load(std::memory_order_acquire); }
  void Set(RingWord word, uint64_t value) { const_cast<std::atomic<uint64_t>&>(At(own_, word)).store(value, std::memory_order_release); }
  void Fence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

 private:
  static_assert(std::atomic<uint64_t>::is_always_lock_free, "shared between processes");
  static const std::atomic<uint64_t>& At(const uint8_t* memory, RingWord word) {
    return *reinterpret_cast<const std::atomic<uint64_t>*>(memory + static_cast<size_t>(word) * kRingWordStride);
  }

  uint8_t* own_;
  const uint8_t* peer_;
};

// A record is 8 bytes of header and the packet, padded to 8.
enum class RingRecord : uint32_t {
  Packet = 0,
  Elsewhere = 1,  // the next packet is on the socket: it has objects, or is too large
};

class RingOut {
 public:
  RingOut(SharedRingWords words, uint8_t* data, size_t capacity);
  RingOut(const RingOut&) = delete;
  RingOut& operator=(const RingOut&) = delete;

  // Whether packets of this size go through the ring at all.
  bool Fits(size_t packet) const;
  // Sent; Full: the peer rings when there is room; Broken: the peer's words are impossible. `ring`: the peer sleeps, wake it.
  SendStatus Put(const Segment* segments, size_t count, bool& ring);
  // From now on the room that is kept for one packet without a payload is used too.
  void OpenReserve() { reserve_ = 0; }
  // Before a packet is sent elsewhere: whether there is room to say so. As Put.
  SendStatus PrepareElsewhere();
  void PutElsewhere(bool& ring);

  void Wake() { protocol_.Wake(); }
  bool waits() const { return protocol_.waits(); }
  bool broken() const { return protocol_.broken(); }

 private:
  SendStatus Await(size_t size);
  void PutHeader(RingRecord record, size_t size);
  void Copy(uint64_t position, const void* from, size_t size);

  SharedRingWords words_;
  RingWriter<SharedRingWords> protocol_;
  uint8_t* data_;
  size_t capacity_;
  size_t reserve_;
};

class RingIn {
 public:
  RingIn(SharedRingWords words, const uint8_t* data, size_t capacity)
      : words_(words), protocol_(words_, capacity), data_(data), capacity_(capacity) {}
  RingIn(const RingIn&) = delete;
  RingIn& operator=(const RingIn&) = delete;

  enum class Status { Packet, Elsewhere, Nothing, Violation };
  struct Taken {
    Status status;
    size_t size;
    bool ring;  // the peer waits for room: wake it
  };
  // Copies the next packet out.
  Taken Take(uint8_t* buffer, size_t capacity);

  bool HasData() { return protocol_.Available() > 0 || protocol_.broken(); }
  // False: there is nothing, and the peer rings when there is.
  bool AwaitData() { return protocol_.AwaitData() || protocol_.broken(); }
  void Wake() { protocol_.Wake(); }

 private:
  uint64_t Header() const;
  void Copy(uint64_t position, void* to, size_t size) const;

  SharedRingWords words_;
  RingReader<SharedRingWords> protocol_;
  const uint8_t* data_;
  size_t capacity_;
};

}  // namespace gips
