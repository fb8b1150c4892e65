// Waiting on a word of shared memory, across processes: futex(2).
#pragma once

#include <atomic>
#include <cstdint>

namespace gips {

using SharedWord = std::atomic<uint32_t>;
static_assert(sizeof(SharedWord) == 4 && SharedWord::is_always_lock_free, "a shared word is the kernel's futex");

// A time in nanoseconds on the monotonic clock.
constexpr int64_t kNoDeadline = -1;
int64_t DeadlineIn(double milliseconds);

// Ends one waiting thread from another.
class Cancellation {
 public:
  // Any thread, any number of times. Where the kernel has no futex_waitv it has to be repeated until the wait has ended.
  void Cancel();
  bool requested() const { return requested_.load() != 0; }

 private:
  friend class CancellableWait;
  SharedWord requested_{0};
  // Without futex_waitv: what is waited on, and how many threads a cancellation has woken.
  std::atomic<SharedWord*> word_{nullptr};
  std::atomic<uint32_t> bit_{0};
  std::atomic<int> woken_{0};
};

enum class WaitEnd { Woken, NotEqual, TimedOut, Cancelled };

// Waits while `word` holds `expected`. Woken means that a FutexWake has counted this thread; a wait that ends in any other way was not
// counted, so that nobody's wake-up is lost. The word must stay mapped.
WaitEnd FutexWait(SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline = kNoDeadline);

// Wakes at most `count` threads of all processes; how many they were.
int FutexWake(SharedWord& word, int count);

}  // namespace gips
