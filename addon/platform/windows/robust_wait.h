// Waiting for a lock in shared memory.
#pragma once

#include "robust_owner.h"
#include "shared_wait.h"

namespace gips {

enum class LockEnd {
  Acquired,
  AcquiredFromDead,
  Cancelled,
  Suspended,
  Exhausted,
};

// Takes the lock for `owner`, waiting for it on this thread.
LockEnd WaitForLock(RobustOwner& owner, const RobustWord& word, Cancellation& cancellation, bool is_patient);

}  // namespace gips
