// One side of a modelled ring: what a channel does with its ring, reduced to the rules that docs/ring.md gives for it.
#pragma once

#include <type_traits>

#include "core/ring_protocol.h"
#include "test/ring_model.h"
#include "test/ring_model_words.h"

namespace gips {

class ModelProgram {
 public:
  ModelProgram(ModelThread& thread, const RingModelOptions& options, bool is_first)
      : thread_(thread),
        options_(options),
        words_(thread, options),
        writer_(words_, options.capacity * kRingAlignment),
        reader_(words_, options.capacity * kRingAlignment) {
    bool is_one_way = options.traffic == RingModelOptions::Traffic::OneWay;
    to_send_ = is_one_way && !is_first ? 0 : options.sizes.size();
    to_take_ = is_one_way && is_first ? 0 : options.sizes.size();
    answers_ = options.traffic == RingModelOptions::Traffic::Echo && !is_first;
  }

  void Run() {
    while (true) {
      Settle(Place::Turn);
      while (MaySend() && writer_.AwaitRoom(Bytes(sent_))) Send();
      budget_ = options_.budget > 0 ? options_.budget : SIZE_MAX;
      took_ = false;
      for (; budget_ > 0 && taken_ < to_take_ && reader_.AwaitData(); budget_--) Take();
      if (writer_.broken() || reader_.broken()) thread_.Do({ModelStep::SawImpossible, 0, 0});
      if (sent_ == to_send_ && taken_ == to_take_) return;
      if (took_ && MaySend() && !writer_.waits()) continue;
      bool left_some = budget_ == 0 && taken_ < to_take_ && reader_.AwaitData();
      if (left_some && options_.fault != RingFault::NoOwnRing) thread_.Do({ModelStep::RingSelf, 0, 0});
      Sleep();
    }
  }

 private:
  enum class Place { Turn, Sent, Taken };
  void Settle(Place place) {
    place_ = place;
    thread_.Settle(this, sizeof(*this));
  }

  bool MaySend() const { return sent_ < (answers_ ? taken_ : to_send_); }
  uint64_t Bytes(size_t record) const { return options_.sizes[record] * kRingAlignment; }
  // Another value in each unit of each record, and larger ones later.
  static uint16_t Content(size_t record, size_t unit) { return static_cast<uint16_t>(record * kModelUnits + unit + 1); }

  void Send() {
    uint64_t unit = writer_.position() / kRingAlignment;
    size_t record = sent_++;
    bool is_late = options_.fault == RingFault::PublishBeforeContent;
    bool is_due = is_late && writer_.Publish(Bytes(record));
    for (size_t i = 0; i < options_.sizes[record]; i++) words_.SetUnit(unit + i, Content(record, i));
    if (!is_late) is_due = writer_.Publish(Bytes(record));
    if (is_due) thread_.Do({ModelStep::RingPeer, 0, 0});
    Settle(Place::Sent);
  }

  void Take() {
    uint64_t unit = reader_.position() / kRingAlignment;
    size_t record = taken_++;
    if (reader_.Available() < Bytes(record)) thread_.Do({ModelStep::SawUnwritten, 0, 0});
    bool is_early = options_.fault == RingFault::ConsumeBeforeCopy;
    bool is_due = is_early && reader_.Consume(Bytes(record));
    for (size_t i = 0; i < options_.sizes[record]; i++) {
      uint16_t content = words_.Unit(unit + i);
      if (content < Content(record, i)) thread_.Do({ModelStep::SawUnwritten, 0, 0});
      if (content > Content(record, i)) thread_.Do({ModelStep::SawOverwritten, 0, 0});
    }
    if (!is_early) is_due = reader_.Consume(Bytes(record));
    if (is_due) thread_.Do({ModelStep::RingPeer, 0, 0});
    took_ = true;
    Settle(Place::Taken);
  }

  void Sleep() {
    bool is_late = options_.fault == RingFault::ClearsBellLast;
    if (is_late) thread_.Do({ModelStep::ClearBell, 0, 0});
    bool is_interruption = thread_.Do({ModelStep::AwaitBell, 0, 0}) == 0;
    if (is_interruption) return;
    if (!is_late) thread_.Do({ModelStep::ClearBell, 0, 0});
    if (options_.fault == RingFault::NoWake) return;
    reader_.Wake();
    if (options_.fault != RingFault::WakesReaderOnly) writer_.Wake();
  }

  ModelThread& thread_;
  const RingModelOptions& options_;
  ModelWords words_;
  RingWriter<ModelWords> writer_;
  RingReader<ModelWords> reader_;
  size_t to_send_;
  size_t to_take_;
  bool answers_;
  bool took_ = false;
  Place place_ = Place::Turn;
  size_t budget_ = 0;
  size_t sent_ = 0;
  size_t taken_ = 0;
};
static_assert(std::is_trivially_destructible_v<ModelProgram>, "left by longjmp");

}  // namespace gips
