// Looking for a while before going to sleep: worth it where the answer is usually quicker than the system wakes a process, and costs a
// core's time where it is not. So it pauses by itself.
#pragma once

#include <chrono>
#include <cstdint>

namespace gips {

class Spin {
 public:
  // Up to `microseconds` each time; 0: never.
  explicit Spin(uint32_t microseconds = 0) : limit_(microseconds) {}

  bool active() const { return limit_.count() > 0; }
  void Stop() { limit_ = {}; }

  // Looks until `is_there` or the time has passed. True: it is there.
  template <typename Look>
  bool Until(Look is_there) {
    if (!active()) return false;
    if (pause_ > 0) {
      pause_--;
      return false;
    }
    auto end = std::chrono::steady_clock::now() + limit_;
    bool hit;
    for (int round = 1;; round++) {
      for (int look = 0; !(hit = is_there()) && look < kLooks; look++) Pause();
      if (hit || std::chrono::steady_clock::now() >= end) break;
      // Whoever has it may be waiting for this very core.
      if (round % kRoundsPerYield == 0) GiveWay();
    }
    tries_++;
    hits_ += hit ? 1 : 0;
    return hit;
  }

  // Every so many tries: whether they were in vain more often than not. Then the next ones are left out before it counts anew.
  enum class Verdict { Undecided, Worthwhile, InVain };
  Verdict Judge() {
    if (tries_ < kTries) return Verdict::Undecided;
    bool worthwhile = hits_ * 2 >= tries_;
    pause_ = worthwhile ? 0 : kPause;
    tries_ = hits_ = 0;
    return worthwhile ? Verdict::Worthwhile : Verdict::InVain;
  }

 private:
  static constexpr int kLooks = 16;  // between two looks at the clock, which cost more
  static constexpr int kRoundsPerYield = 4;
  static constexpr uint32_t kTries = 64;
  static constexpr uint32_t kPause = 2048;

  // Tells the processor that this is a loop of looks; each platform has its way.
  static void Pause();
  // Lets another thread have the core.
  static void GiveWay();

  std::chrono::microseconds limit_;
  uint32_t tries_ = 0;
  uint32_t hits_ = 0;
  uint32_t pause_ = 0;
};

}  // namespace gips
