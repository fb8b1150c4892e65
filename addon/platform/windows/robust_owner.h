// The owner of an environment's locks in shared memory: threads that hold them, and whose death the kernel reports to whoever waits. One
// holds all that were free when they were asked for; those that had to be waited for have one each.
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
  Exhausted,  // there can be no more threads, or locks of one owner
  Cancelled,
};

class RobustOwner {
 public:
  static std::unique_ptr<RobustOwner> Start() { return std::unique_ptr<RobustOwner>(new RobustOwner); }
  // What is still held is from now on as if its owner had crashed.
  ~RobustOwner() = default;

  // On the environment's own thread. `is_patient`: the caller can come again later.
  Attempt TryAcquire(const RobustWord& word, bool others_wait, bool is_patient);
  // On any other. Waits until it is not held by others, or `cancel` is set.
  Attempt Acquire(const RobustWord& word, HANDLE cancel, bool is_patient);
  // On the environment's own thread, as what follows. `as_dead`: the next owner is told that this one died. Does nothing to a word that is
  // not ours.
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
  using Keeper = std::shared_ptr<LockKeeper>;
  struct Holding {
    RobustWord word;
    Descriptor mutex;
    Keeper keeper;
  };

  RobustOwner() = default;
  Attempt Take(Holding holding, LockKeeper::Result result, bool is_patient);
  void GiveBack(Holding holding);
  Keeper PatientKeeper();
  void Rest(Keeper keeper);

  Mutex mutex_;
  bool is_suspended_ = false;
  size_t unsettled_ = 0;
  std::unordered_map<std::wstring, Holding> held_;  // by the lock's name
  Keeper first_;
  std::vector<Keeper> idle_;
};

}  // namespace gips
