// The words of a modelled ring, for the templates of core/ring_protocol.h.
#pragma once

#include "test/ring_model.h"
#include "test/ring_model_thread.h"

namespace gips {

class ModelWords {
 public:
  ModelWords(ModelThread& thread, const RingModelOptions& options) : thread_(thread), fault_(options.fault), capacity_(options.capacity) {}

  uint64_t Peer(RingWord word) {
    if (fault_ == RingFault::AlarmAtExactlyHalf && word == RingWord::WaitsForRoom && in_use() != capacity_ * kRingAlignment / 2) return 0;
    auto place = static_cast<uint16_t>(word);
    bool is_second_look = second_look_;
    second_look_ = false;
    bool is_old = is_second_look && fault_ == RingFault::NoSecondLook;
    uint64_t value = is_old ? seen_[place] : thread_.Do({ModelStep::Look, place, 0});
    if (!IsTicket(word)) seen_[place] = value;
    return value;
  }

  void Set(RingWord word, uint64_t value) {
    last_ = word;
    if (word == RingWord::Read) read_ = value;
    if (fault_ == RingFault::FlagForTicket && IsTicket(word)) value &= 1;
    bool is_plain = fault_ == RingFault::PlainPublish && word == RingWord::Written;
    ModelStep::Kind kind = is_plain ? ModelStep::Store : ModelStep::ReleasingStore;
    thread_.Do({kind, static_cast<uint16_t>(word), static_cast<uint16_t>(value)});
  }

  void Fence() {
    second_look_ = IsTicket(last_);
    auto without = static_cast<RingFault>(static_cast<int>(RingFault::NoFenceAfterWritten) + static_cast<int>(last_));
    if (fault_ != without) thread_.Do({ModelStep::Fence, 0, 0});
  }

  // What a unit of the ring holds, for a unit's number that is counted as the protocol counts bytes.
  uint16_t Unit(uint64_t unit) { return thread_.Do({ModelStep::Look, PlaceOf(unit), 0}); }
  void SetUnit(uint64_t unit, uint16_t value) { thread_.Do({ModelStep::Store, PlaceOf(unit), value}); }

 private:
  static bool IsTicket(RingWord word) { return word == RingWord::WaitsForData || word == RingWord::WaitsForRoom; }
  uint64_t in_use() const { return seen_[static_cast<size_t>(RingWord::Written)] - read_; }
  uint16_t PlaceOf(uint64_t unit) const { return static_cast<uint16_t>(kRingWords + unit % capacity_); }

  ModelThread& thread_;
  RingFault fault_;
  size_t capacity_;
  RingWord last_ = RingWord::Written;
  bool second_look_ = false;
  uint64_t read_ = 0;
  uint64_t seen_[2] = {};  // Written, Read
};

}  // namespace gips
