#include "robust_wait.h"

namespace gips {

LockEnd WaitForLock(RobustOwner& owner, const RobustWord& word, Cancellation& cancellation, bool is_patient) {
  // Without an event it could not be cancelled.
  if (cancellation.event() == nullptr) return LockEnd::Exhausted;
  word.waiters()++;
  Attempt attempt = owner.Acquire(word, cancellation.event(), is_patient);
  word.waiters()--;
  switch (attempt) {
    case Attempt::Acquired:
      return LockEnd::Acquired;
    case Attempt::AcquiredFromDead:
      return LockEnd::AcquiredFromDead;
    case Attempt::Suspended:
      return LockEnd::Suspended;
    case Attempt::Exhausted:
      return LockEnd::Exhausted;
    default:
      return LockEnd::Cancelled;
  }
}

}  // namespace gips
