#include "robust_wait.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace gips {

namespace {

class WakeUpInheritance {
 public:
  explicit WakeUpInheritance(const RobustWord& word) {
    head_.list.next = &head_.list;
    head_.list_op_pending = reinterpret_cast<robust_list*>(&word.word());
    syscall(SYS_set_robust_list, &head_, sizeof head_);
  }
  ~WakeUpInheritance() { syscall(SYS_set_robust_list, nullptr, sizeof head_); }

 private:
  robust_list_head head_ = {};
};

// Whoever takes or gives back the lock meanwhile has to know that somebody waits, even if this thread is being killed.
class CountedWaiter {
 public:
  explicit CountedWaiter(const RobustWord& word) : waiters_(word.waiters()) { waiters_++; }
  ~CountedWaiter() { waiters_--; }

 private:
  SharedWord& waiters_;
};

}  // namespace

LockEnd WaitForLock(RobustOwner& owner, const RobustWord& word, Cancellation& cancellation, bool is_patient) {
  WakeUpInheritance inheritance(word);
  CountedWaiter counted(word);
  for (;;) {
    switch (owner.TryAcquire(word, true, is_patient)) {
      case Attempt::Acquired:
        return LockEnd::Acquired;
      case Attempt::AcquiredFromDead:
        return LockEnd::AcquiredFromDead;
      case Attempt::Suspended:
        FutexWake(word.word(), 1);
        return LockEnd::Suspended;
      case Attempt::Exhausted:
        FutexWake(word.word(), 1);
        return LockEnd::Exhausted;
      case Attempt::Held:
      case Attempt::HeldHere:
        break;
    }
    uint32_t value = word.word();
    uint32_t awaited = value | FUTEX_WAITERS;
    if ((value & FUTEX_TID_MASK) == 0) {
      if (cancellation.requested()) {
        FutexWake(word.word(), 1);
        return LockEnd::Cancelled;
      }
      continue;
    }
    if (value != awaited && !word.word().compare_exchange_strong(value, awaited)) continue;
    if (FutexWait(word.word(), awaited, cancellation) == WaitEnd::Cancelled) return LockEnd::Cancelled;
  }
}

}  // namespace gips
