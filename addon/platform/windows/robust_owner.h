// The owner of an environment's locks in shared memory: for each that is held a thread that holds it, and whose death the kernel reports to
// whoever waits.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lock_keeper.h"
#include "mutex.h"
#include "robust_word.h"

namespace gips {

enum class Attempt {
  Acquired,
  AcquiredFromDead,  // the last owner died while it held the lock
  Held,
  HeldHere,   // by this owner
  Suspended,  // see Suspend
  Exhausted,  // there can be no more threads
  Cancelled,
};

class RobustOwner {
 public:
  static std::unique_ptr<RobustOwner> Start() { return std::unique_ptr<RobustOwner>(new RobustOwner); }
  // What is still held is from now on as if its owner had crashed.
  ~RobustOwner() = default;

  // Any thread of the environment's. `is_patient`: the caller can come again later.
  Attempt TryAcquire(const RobustWord& word, bool others_wait, bool is_patient);
  // Waits until it is not held by others, or `cancel` is set.
  Attempt Acquire(const RobustWord& word, HANDLE cancel, bool is_patient);
  // `as_dead`: the next owner is told that this one died. Does nothing to a word that is not ours.
  void Release(const RobustWord& word, bool as_dead);
  // All in this page, as dead.
  void ReleaseAll(const RobustPage& page);
  bool Owns(const RobustWord& word);

  // Until Resume, a patient caller acquires nothing.
  void Suspend();
  void Resume();
  // What a patient caller acquired has reached who wanted it, or was given back.
  void Settle();
  bool HasUnsettled();

 private:
  RobustOwner() = default;
  std::unique_ptr<LockKeeper> TakeKeeper();

  struct Holding {
    RobustWord word;
    std::unique_ptr<LockKeeper> keeper;
  };

  Mutex mutex_;
  bool is_suspended_ = false;
  size_t unsettled_ = 0;
  std::unordered_map<std::wstring, Holding> held_;  // by the lock's name
  std::vector<std::unique_ptr<LockKeeper>> idle_;
};

}  // namespace gips
