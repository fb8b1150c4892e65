// Waiting for a lock in shared memory.
#pragma once

#include "robust_owner.h"

namespace gips {

enum class LockEnd {
  Acquired,
  AcquiredFromDead,
  Cancelled,
  Suspended,
  Exhausted,
};

// Takes the lock for `owner`, waiting for it on this thread, which must be a HelperThread: for the time of the call it has a robust list of
// its own, so that a wake-up it was given is passed on by the kernel if it is killed before it could use it.
LockEnd WaitForLock(RobustOwner& owner, const RobustWord& word, Cancellation& cancellation, bool is_patient);

}  // namespace gips
