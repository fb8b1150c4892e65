// Waiting on a word of a region, across processes.
#pragma once

#include <atomic>
#include <cstdint>

#include "descriptor.h"
#include "mapping.h"

namespace gips {

using SharedWord = std::atomic<uint32_t>;
static_assert(sizeof(SharedWord) == 4 && SharedWord::is_always_lock_free, "a shared word is nothing else");

// A time in milliseconds since the system was started.
constexpr int64_t kNoDeadline = -1;
int64_t DeadlineIn(double milliseconds);
// For a wait that ends at the deadline at the latest.
DWORD MillisecondsUntil(int64_t deadline);

// Ends one waiting thread from another.
class Cancellation {
 public:
  Cancellation() : event_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

  // Any thread, any number of times.
  void Cancel() {
    requested_ = true;
    SetEvent(event_.get());
  }
  bool requested() const { return requested_; }
  HANDLE event() const { return event_.get(); }

 private:
  std::atomic<bool> requested_{false};
  Descriptor event_;
};

enum class WaitEnd { Woken, NotEqual, TimedOut, Cancelled };

// Waits while `word` of the mapping holds `expected`. Woken means that a WakeShared has counted this thread; a wait that ends in any other
// way was not counted, so that nobody's wake-up is lost.
WaitEnd WaitShared(Mapping& mapping, SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline);

// Wakes at most `count` threads of all processes; how many they were.
int WakeShared(Mapping& mapping, SharedWord& word, int count);

}  // namespace gips
