// std::mutex and std::condition_variable by the kernel's own, which need nothing done for a thread that ends. (Those of mingw-w64 do: under
// the loader's lock, where a worker's end has been seen to wait for ever.)
#pragma once

#include <windows.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace gips {

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() { AcquireSRWLockExclusive(&lock_); }
  void unlock() { ReleaseSRWLockExclusive(&lock_); }

 private:
  friend class Condition;
  SRWLOCK lock_ = SRWLOCK_INIT;
};

class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void notify_one() { WakeConditionVariable(&condition_); }
  void notify_all() { WakeAllConditionVariable(&condition_); }

  template <class Predicate>
  void wait(std::unique_lock<Mutex>& lock, Predicate is_met) {
    while (!is_met()) Sleep(lock, INFINITE);
  }

  // Whether it is met at last.
  template <class Predicate>
  bool wait_for(std::unique_lock<Mutex>& lock, std::chrono::milliseconds time, Predicate is_met) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!is_met()) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      Sleep(lock, static_cast<DWORD>(std::min<int64_t>(left, INFINITE - 1)));
    }
    return true;
  }

 private:
  void Sleep(std::unique_lock<Mutex>& lock, DWORD milliseconds) {
    SleepConditionVariableSRW(&condition_, &lock.mutex()->lock_, milliseconds, 0);
  }

  CONDITION_VARIABLE condition_ = CONDITION_VARIABLE_INIT;
};

}  // namespace gips
