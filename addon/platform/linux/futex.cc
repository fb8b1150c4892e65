#include "futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <ctime>

namespace gips {

namespace {

// Linux 5.16; younger than the headers we may be compiled with.
constexpr long kFutexWaitv = 449;
constexpr uint32_t kSize32 = 2;
constexpr uint32_t kPrivate = 128;
struct WaitvEntry {
  uint64_t value;
  uint64_t address;
  uint32_t flags;
  uint32_t reserved;
};

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr uint32_t kEverybody = 1;

long Futex(SharedWord& word, int operation, uint32_t value, const timespec* deadline = nullptr, uint32_t bits = 0) {
  return syscall(SYS_futex, &word, operation, value, deadline, nullptr, bits);
}

bool HasWaitv() {
  static const bool has = syscall(kFutexWaitv, nullptr, 0, 0, nullptr, 0) < 0 && errno == EINVAL;
  return has;
}

}  // namespace

int64_t DeadlineIn(double milliseconds) {
  if (!std::isfinite(milliseconds)) return kNoDeadline;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec + static_cast<int64_t>(milliseconds * 1e6);
}

class CancellableWait {
 public:
  CancellableWait(SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline)
      : word_(word),
        expected_(expected),
        cancellation_(cancellation),
        deadline_{deadline / kNanosecondsPerSecond, deadline % kNanosecondsPerSecond},
        limit_(deadline == kNoDeadline ? nullptr : &deadline_) {}

  WaitEnd Wait() {
    for (;;) {
      if (cancellation_.requested()) return WaitEnd::Cancelled;
      long result = HasWaitv() ? WaitForBoth() : WaitWithBit();
      if (result == kWordWoken) return WaitEnd::Woken;
      if (result == kCancelWoken) return WaitEnd::Cancelled;
      if (errno == ETIMEDOUT) return WaitEnd::TimedOut;
      // EAGAIN: one of the two words had changed; all signals being blocked, EINTR is somebody's debugger.
      if (errno != EINTR && !cancellation_.requested()) return WaitEnd::NotEqual;
    }
  }

 private:
  static constexpr long kCancelWoken = 0;
  static constexpr long kWordWoken = 1;

  // Compares and waits on both words in one step, so a cancellation cannot slip in between. Where both were woken the kernel tells the one
  // with the larger index (futex_unqueue_multiple), which is why the word is the last.
  long WaitForBoth() {
    WaitvEntry entries[2] = {{0, reinterpret_cast<uintptr_t>(&cancellation_.requested_), kSize32 | kPrivate, 0},
                             {expected_, reinterpret_cast<uintptr_t>(&word_), kSize32, 0}};
    return syscall(kFutexWaitv, entries, 2, 0, limit_, CLOCK_MONOTONIC);
  }

  // Before Linux 5.16 a waiter is told from others by a bit of its own, which it may share with one of another process: if that one is
  // cancelled it can end with Woken although nobody notified it. No wake-up is lost.
  long WaitWithBit() {
    static std::atomic<uint32_t> count{static_cast<uint32_t>(getpid())};
    uint32_t bit = 2u << (count++ % 31);
    cancellation_.woken_ = 0;
    cancellation_.bit_ = bit;
    cancellation_.word_ = &word_;
    long result = Futex(word_, FUTEX_WAIT_BITSET, expected_, limit_, kEverybody | bit);
    int error = errno;
    cancellation_.word_ = nullptr;
    errno = error;
    if (result < 0) return result;
    return cancellation_.requested() && cancellation_.woken_ > 0 ? kCancelWoken : kWordWoken;
  }

  SharedWord& word_;
  uint32_t expected_;
  Cancellation& cancellation_;
  timespec deadline_;
  timespec* limit_;
};

void Cancellation::Cancel() {
  requested_ = 1;
  if (HasWaitv()) {
    Futex(requested_, FUTEX_WAKE_PRIVATE, 1);
    return;
  }
  SharedWord* word = word_;
  if (word != nullptr) woken_ += static_cast<int>(Futex(*word, FUTEX_WAKE_BITSET, 1, nullptr, bit_));
}

WaitEnd FutexWait(SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline) {
  return CancellableWait(word, expected, cancellation, deadline).Wait();
}

int FutexWake(SharedWord& word, int count) {
  // The kernel takes 0 for 1.
  if (count <= 0) return 0;
  // Those who wait with a bit of their own have the common one too.
  long woken = Futex(word, FUTEX_WAKE_BITSET, static_cast<uint32_t>(count), nullptr, kEverybody);
  return woken < 0 ? 0 : static_cast<int>(woken);
}

}  // namespace gips
