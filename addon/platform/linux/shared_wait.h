// Waiting on a word of a region, across processes.
#pragma once

#include "futex.h"
#include "mapping.h"

namespace gips {

// The kernel finds those who wait by what is mapped at the word's address.
inline WaitEnd WaitShared(Mapping&, SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline) {
  return FutexWait(word, expected, cancellation, deadline);
}
inline int WakeShared(Mapping&, SharedWord& word, int count) {
  return FutexWake(word, count);
}

}  // namespace gips
