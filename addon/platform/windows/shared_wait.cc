#include "shared_wait.h"

#include <algorithm>
#include <cmath>

#include "region_annex.h"

namespace gips {

namespace {

// How often a waiter for whom there is no slot looks at the word by itself.
constexpr DWORD kLookMilliseconds = 5;

uint64_t OffsetOf(const Mapping& mapping, const SharedWord& word) {
  return static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(&word) - mapping.address());
}

WaitEnd LookAgainAndAgain(const SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline) {
  while (word == expected) {
    if (cancellation.requested()) return WaitEnd::Cancelled;
    DWORD left = MillisecondsUntil(deadline);
    if (left == 0) return WaitEnd::TimedOut;
    DWORD slice = std::min(left, kLookMilliseconds);
    // The event may be what could not be had.
    if (WaitForSingleObject(cancellation.event(), slice) == WAIT_FAILED) Sleep(slice);
  }
  return WaitEnd::NotEqual;
}

}  // namespace

int64_t DeadlineIn(double milliseconds) {
  if (!std::isfinite(milliseconds)) return kNoDeadline;
  return static_cast<int64_t>(GetTickCount64()) + static_cast<int64_t>(std::ceil(milliseconds));
}

DWORD MillisecondsUntil(int64_t deadline) {
  if (deadline == kNoDeadline) return INFINITE;
  int64_t left = deadline - static_cast<int64_t>(GetTickCount64());
  return static_cast<DWORD>(std::clamp<int64_t>(left, 0, INFINITE - 1));
}

WaitEnd WaitShared(Mapping& mapping, SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline) {
  if (mapping.annex() == nullptr || cancellation.event() == nullptr) return LookAgainAndAgain(word, expected, cancellation, deadline);
  WaitTable& table = mapping.annex()->waits();
  WaitTable::Waiter waiter = WaitTable::NewWaiter();
  Descriptor bell = table.MakeBell(waiter);
  WaitSlot* slot = bell.valid() ? table.Enter(waiter, OffsetOf(mapping, word)) : nullptr;
  if (slot == nullptr) return LookAgainAndAgain(word, expected, cancellation, deadline);
  // Whoever changes the word from here on finds the slot.
  if (word != expected) return table.Leave(slot, waiter) ? WaitEnd::Woken : WaitEnd::NotEqual;
  HANDLE handles[] = {bell.get(), cancellation.event()};
  DWORD end;
  do end = WaitForMultipleObjects(2, handles, FALSE, MillisecondsUntil(deadline));
  while (end == WAIT_OBJECT_0 && !table.IsWoken(slot, waiter));
  if (table.Leave(slot, waiter)) return WaitEnd::Woken;
  return end == WAIT_TIMEOUT ? WaitEnd::TimedOut : WaitEnd::Cancelled;
}

int WakeShared(Mapping& mapping, SharedWord& word, int count) {
  return mapping.annex() == nullptr ? 0 : mapping.annex()->waits().Wake(OffsetOf(mapping, word), count);
}

}  // namespace gips
