// One direction of a ring as two cursors and two requests to be woken: who may write, who may read, who rings whom. Where the bytes lie and
// how a bell rings is others' business. docs/ring.md explains the protocol, and test/core/ring-model runs this code in every order of its
// steps.
//
// Each side writes words of its own and only reads the other's, so nobody can undo what the other one has said. The other side may be
// hostile: each word is read once per use, and one that cannot be ends the channel.
#pragma once

#include <cstdint>

namespace gips {

// What a side says, in memory that it writes and the other one reads.
enum class RingWord {
  Written,       // bytes it has written into its ring, ever
  Read,          // bytes it has read from the other's ring, ever
  WaitsForData,  // odd: it sleeps until there is more to read; another number each time
  WaitsForRoom,  // odd: it sleeps until there is more room to write; likewise
};
constexpr int kRingWords = 4;

// Everything in a ring begins at a multiple of this.
constexpr uint64_t kRingAlignment = 8;

// Says, and unsays, that its side sleeps. `Words` has `uint64_t Peer(RingWord)` (an acquiring load), `void Set(RingWord, uint64_t)` (a
// releasing store) and `void Fence()` (sequentially consistent).
template <typename Words>
class RingSleep {
 public:
  RingSleep(Words& words, RingWord word) : words_(words), word_(word) {}

  // To be followed by another look at what it waits for: either that look sees it, or the peer sees this.
  void Begin() {
    if (asleep()) return;
    words_.Set(word_, ++ticket_);
    words_.Fence();
  }

  void End() {
    if (asleep()) words_.Set(word_, ++ticket_);
  }

  bool asleep() const { return (ticket_ & 1) != 0; }

 private:
  Words& words_;
  RingWord word_;
  uint64_t ticket_ = 0;
};

// Wakes the peer, once each time it sleeps.
template <typename Words>
class RingAlarm {
 public:
  RingAlarm(Words& words, RingWord word) : words_(words), word_(word) {}

  // To be called after what the peer may wait for has been published. True: ring its bell.
  bool IsDue() {
    words_.Fence();
    uint64_t ticket = words_.Peer(word_);
    if ((ticket & 1) == 0 || ticket == rung_) return false;
    rung_ = ticket;
    return true;
  }

 private:
  Words& words_;
  RingWord word_;
  uint64_t rung_ = 0;
};

template <typename Words>
class RingWriter {
 public:
  RingWriter(Words& words, uint64_t capacity)
      : words_(words), capacity_(capacity), sleep_(words, RingWord::WaitsForRoom), alarm_(words, RingWord::WaitsForData) {}

  // Whether `size` bytes, at most half of the capacity, can be written at `position`.
  bool HasRoom(uint64_t size) {
    if (broken_) return false;
    if (capacity_ - (written_ - read_) >= size) return true;
    uint64_t read = words_.Peer(RingWord::Read);
    broken_ = read - read_ > written_ - read_;
    if (broken_) return false;
    read_ = read;
    return capacity_ - (written_ - read_) >= size;
  }

  // As HasRoom; where there is none, the reader wakes this side when there is.
  bool AwaitRoom(uint64_t size) {
    if (HasRoom(size)) return true;
    sleep_.Begin();
    if (!HasRoom(size)) return false;
    sleep_.End();
    return true;
  }

  // The bytes up to `size` from `position` on are the reader's. True: wake it.
  bool Publish(uint64_t size) {
    written_ += size;
    words_.Set(RingWord::Written, written_);
    return alarm_.IsDue();
  }

  // Awake again.
  void Wake() { sleep_.End(); }

  uint64_t position() const { return written_; }
  bool waits() const { return sleep_.asleep(); }
  bool broken() const { return broken_; }

 private:
  Words& words_;
  uint64_t capacity_;
  uint64_t written_ = 0;
  uint64_t read_ = 0;  // as known here
  RingSleep<Words> sleep_;
  RingAlarm<Words> alarm_;
  bool broken_ = false;
};

template <typename Words>
class RingReader {
 public:
  RingReader(Words& words, uint64_t capacity)
      : words_(words), capacity_(capacity), sleep_(words, RingWord::WaitsForData), alarm_(words, RingWord::WaitsForRoom) {}

  // How many bytes can be read at `position`. None is no promise: see AwaitData.
  uint64_t Available() {
    if (written_ == read_) Look();
    return written_ - read_;
  }

  // The bytes have been copied out. True: wake the writer. It is woken when half of the ring is free, not for every bit of it: there is
  // room for a record then, which is at most that large.
  bool Consume(uint64_t size) {
    read_ += size;
    words_.Set(RingWord::Read, read_);
    return written_ - read_ <= capacity_ / 2 && alarm_.IsDue();
  }

  // As Available; where there is nothing, the writer wakes this side when there is.
  bool AwaitData() {
    if (Available() > 0) return true;
    sleep_.Begin();
    if (Available() == 0) return false;
    sleep_.End();
    return true;
  }

  void Wake() { sleep_.End(); }

  uint64_t position() const { return read_; }
  bool broken() const { return broken_; }

 private:
  void Look() {
    uint64_t written = words_.Peer(RingWord::Written);
    broken_ = broken_ || written - read_ > capacity_ || written % kRingAlignment != 0;
    if (!broken_) written_ = written;
  }

  Words& words_;
  uint64_t capacity_;
  uint64_t written_ = 0;  // as known here
  uint64_t read_ = 0;
  RingSleep<Words> sleep_;
  RingAlarm<Words> alarm_;
  bool broken_ = false;
};

}  // namespace gips
