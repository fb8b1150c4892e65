#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "core/ring.h"
#include "test/chance.h"
#include "test/ring_memory.h"
#include "test/ring_threads.h"

namespace gips {

namespace {

// Writes over the peer's memory while it is used: what may pass for good as often as what cannot.
class Hostile {
 public:
  Hostile(RingMemory& own, RingMemory& victims, size_t capacity, uint32_t seed)
      : own_(own), victims_(victims), capacity_(capacity), chance_(seed) {}

  // By another thread: until something is different.
  void AwaitTurn() {
    uint32_t turns = turns_;
    while (turns_ == turns) std::this_thread::yield();
  }

  void Run(const std::atomic<bool>& is_over) {
    while (!is_over) {
      std::atomic<uint64_t>& unit = own_.unit(Target());
      uint64_t headers[] = {Header(), Header()};
      uint64_t written[] = {Near(victims_.word(RingWord::Read)), Near(victims_.word(RingWord::Read))};
      own_.word(RingWord::Read) = Near(victims_.word(RingWord::Written));
      own_.word(RingWord::WaitsForData) = chance_.Next();
      own_.word(RingWord::WaitsForRoom) = chance_.Next();
      // Fast, for a victim that looks twice.
      for (uint64_t i = chance_.Below(64); i > 0; i--) {
        unit.store(headers[i % 2], std::memory_order_relaxed);
        own_.word(RingWord::Written).store(written[i % 2], std::memory_order_relaxed);
      }
      // Both have to get on where there is one processor only.
      if (++turns_ % 16 == 0) std::this_thread::yield();
    }
  }

 private:
  // Mostly where the victim reads its next header.
  size_t Target() {
    uint64_t position = chance_.Below(4) == 0 ? chance_.Next() : victims_.word(RingWord::Read).load();
    return position & (capacity_ - kRingAlignment);
  }

  uint64_t Header() {
    uint64_t kind = chance_.Below(8) == 0 ? chance_.Below(3) : 0;
    uint64_t size = chance_.Below(2) == 0 ? chance_.Below(3 * capacity_) : chance_.Next() >> (32 + chance_.Below(32));
    return chance_.Below(16) == 0 ? chance_.Next() : kind << 32 | size;
  }

  // Mostly what may be.
  uint64_t Near(uint64_t position) {
    uint64_t step = chance_.Below(2 * capacity_);
    if (chance_.Below(4) != 0) step &= capacity_ - kRingAlignment;
    return chance_.Below(8) == 0 ? position - step : position + step;
  }

  RingMemory& own_;
  RingMemory& victims_;
  size_t capacity_;
  Chance chance_;
  std::atomic<uint32_t> turns_{0};
};

// The end that is harassed. After each violation it begins anew.
class Victim {
 public:
  Victim(RingMemory& own, RingMemory& peers, size_t capacity, size_t room)
      : own_(own), peers_(peers), words_(own.words(), peers.words()), capacity_(capacity), buffer_(room) {}

  // False: it has come no further.
  bool Take(RingHarassment& result) {
    if (!in_) {
      own_.word(RingWord::Read) = 0;
      in_.emplace(words_, peers_.data(), capacity_);
    }
    in_->Wake();
    in_->AwaitData();
    RingIn::Taken taken = in_->Take(buffer_.data(), buffer_.size());
    if (taken.status == RingIn::Status::Packet) {
      result.packets++;
      if (taken.size == 0 || taken.size > buffer_.size()) result.failure = "a packet that is larger than its buffer";
    } else if (taken.status == RingIn::Status::Violation) {
      result.violations++;
      in_.reset();
    }
    return taken.status == RingIn::Status::Packet;
  }

  bool Put(size_t size, RingHarassment& result) {
    if (!out_) {
      own_.word(RingWord::Written) = 0;
      out_.emplace(words_, own_.data(), capacity_);
    }
    out_->Wake();
    bool ring = false;
    Segment segment = {buffer_.data(), 1 + size % (capacity_ / 4)};
    SendStatus status = out_->Put(&segment, 1, ring);
    if (status == SendStatus::Sent) result.sent++;
    if (status == SendStatus::Broken) {
      result.broken++;
      out_.reset();
    }
    return status == SendStatus::Sent;
  }

 private:
  RingMemory& own_;
  RingMemory& peers_;
  SharedRingWords words_;
  size_t capacity_;
  std::vector<uint8_t> buffer_;  // allocated to the byte
  std::optional<RingIn> in_;
  std::optional<RingOut> out_;
};

}  // namespace

RingHarassment HarassRing(size_t capacity, size_t room, uint32_t rounds, uint32_t seed) {
  RingHarassment result;
  RingMemory own(capacity);
  RingMemory peers(capacity);
  Hostile hostile(peers, own, capacity, seed);
  std::atomic<bool> is_over{false};
  std::thread other([&hostile, &is_over] { hostile.Run(is_over); });

  Victim victim(own, peers, capacity, room);
  for (uint32_t i = 0; i < rounds; i++) {
    bool has_taken = victim.Take(result);
    bool has_put = victim.Put(i, result);
    if (!has_taken && !has_put) hostile.AwaitTurn();
  }
  is_over = true;
  other.join();
  return result;
}

}  // namespace gips
