// Every order in which two sides of a ring can take their steps, tried one after the other: the protocol of core/ring_protocol.h itself,
// over words of a machine that keeps stores back as long as a processor might. docs/ring.md says what that covers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gips {

// What is done wrong, to show that it would be noticed.
enum class RingFault {
  None,
  NoFenceAfterWritten,  // and so on, in the order of the words
  NoFenceAfterRead,
  NoFenceAfterWaitsForData,
  NoFenceAfterWaitsForRoom,
  NoSecondLook,
  FlagForTicket,
  PlainPublish,        // the content may be visible after the word that says so
  AlarmAtExactlyHalf,  // and not when more of the ring is free
  PublishBeforeContent,
  ConsumeBeforeCopy,
  NoWake,
  WakesReaderOnly,
  ClearsBellLast,
  NoOwnRing,      // of a reader that leaves data for its next turn
  ForgetfulBell,  // it only rings for somebody who waits at this moment
};

struct RingModelOptions {
  enum class Traffic {
    OneWay,
    Echo,  // B sends back what it has got
    BothWays,
  };
  Traffic traffic = Traffic::OneWay;
  size_t capacity = 2;        // of each direction, in units of kRingAlignment
  std::vector<size_t> sizes;  // of the records, in units
  size_t budget = 0;          // records that a side takes in one turn; 0: all there are
  size_t interruptions = 0;   // how often a side may look at its ring because of something else than its bell
  RingFault fault = RingFault::None;
};

struct RingModelResult {
  size_t states = 0;
  size_t steps = 0;                   // from one state to another
  std::string failure;                // empty: in no order of the steps
  std::vector<std::string> schedule;  // the steps that lead to it
};

RingModelResult ExploreRing(const RingModelOptions& options);

}  // namespace gips
