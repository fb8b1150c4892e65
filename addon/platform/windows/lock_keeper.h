// A thread that holds locks: a mutex of the kernel belongs to the thread that waited for it, and only that one can release it.
#pragma once

#include <memory>

#include "descriptor.h"
#include "helper_thread.h"
#include "mutex.h"

namespace gips {

// Of one thread at a time.
class LockKeeper {
 public:
  // Null with LastFailure().
  static std::unique_ptr<LockKeeper> Start();
  // Whoever is next to get a lock that it holds learns that its owner died (WAIT_ABANDONED): the thread ends with it.
  ~LockKeeper();
  LockKeeper(const LockKeeper&) = delete;
  LockKeeper& operator=(const LockKeeper&) = delete;

  enum class Result { Acquired, AcquiredFromDead, Held, Cancelled };
  // Waits for a mutex that it does not hold until it is had, or `cancel` is set; with a null `cancel` it does not wait.
  Result Acquire(const Descriptor& mutex, HANDLE cancel);
  void Release(const Descriptor& mutex);

 private:
  enum class Command { None, Acquire, Release, End };

  LockKeeper() = default;
  static void Body(void* keeper);
  void Work();
  void Do(Command command, const Descriptor& mutex);
  Result Wait() const;

  HelperThread thread_;
  Mutex mutex_;
  Condition changed_;
  Command command_ = Command::None;
  HANDLE lock_ = nullptr;
  HANDLE cancel_ = nullptr;
  Result result_ = Result::Held;
};

}  // namespace gips
