// The owner of an environment's locks in shared memory: a thread that does nothing, and whose death the kernel reports to whoever waits.
#pragma once

#include <linux/futex.h>

#include <memory>
#include <mutex>
#include <vector>

#include "helper_thread.h"
#include "robust_word.h"

namespace gips {

enum class Attempt {
  Acquired,
  AcquiredFromDead,  // the last owner died while it held the lock
  Held,
  HeldHere,   // by this owner
  Suspended,  // see Suspend
  Exhausted,  // the kernel follows a list of 2048 (ROBUST_LIST_LIMIT)
};

class RobustOwner {
 public:
  // Null with errno.
  static std::unique_ptr<RobustOwner> Start();
  // What is still held is from now on as if its owner had crashed.
  ~RobustOwner();

  // Any thread of the environment's. `others_wait`: the next release has to wake somebody. `is_patient`: the caller can come again later.
  Attempt TryAcquire(const RobustWord& word, bool others_wait, bool is_patient);
  // `as_dead`: the next owner is told that this one died. Does nothing to a word that is no longer ours.
  void Release(const RobustWord& word, bool as_dead);
  // All in this page, as dead.
  void ReleaseAll(const RobustPage& page);
  bool Owns(const RobustWord& word) const { return (word.word() & FUTEX_TID_MASK) == tid_; }

  // Until Resume, a patient caller acquires nothing.
  void Suspend();
  void Resume();
  // What a patient caller acquired has reached who wanted it, or was given back.
  void Settle();
  bool HasUnsettled();

 private:
  RobustOwner() = default;
  static void Run(void* owner);
  bool IsAlive() const { return sentinel_.word() == tid_; }
  void SetPending(robust_list* node);
  bool IsLinked(const RobustWord& word) const;
  void Link(const RobustWord& word);
  void Unlink(const RobustWord& word);

  HelperThread thread_;
  uint32_t tid_ = 0;
  SharedWord is_started_{0};
  SharedWord is_ending_{0};

  std::mutex mutex_;
  bool is_suspended_ = false;
  size_t unsettled_ = 0;
  robust_list_head head_ = {};
  // The list's first entry: the kernel marks it before all others, so while it is unmarked what has been linked will be found.
  RobustWord sentinel_;
  std::vector<RobustWord> held_;
};

}  // namespace gips
