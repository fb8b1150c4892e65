#include "shared_wait.h"

#include <algorithm>
#include <cmath>

#include "security.h"
#include "wait_table.h"

namespace gips {

namespace {

// How often a waiter for whom there is no slot looks at the word by itself.
constexpr DWORD kLookMilliseconds = 5;

uint64_t OffsetOf(const Mapping& mapping, const SharedWord& word) {
  return static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(&word) - mapping.address());
}

WaitTable::Waiter NewWaiter() {
  static std::atomic<uint32_t> last_number{0};
  return {GetCurrentProcessId(), ++last_number & 0xFFFFFF};
}

// For whoever knows the name: those who share the region may be of several users.
Descriptor CreateWakeEvent(const std::wstring& name) {
  Security everybody(L"D:P(A;;GA;;;WD)");
  return Descriptor(CreateEventW(everybody.attributes(), FALSE, FALSE, name.c_str()));
}

WaitEnd LookAgainAndAgain(const SharedWord& word, uint32_t expected, Cancellation& cancellation, int64_t deadline) {
  while (word == expected) {
    if (cancellation.requested()) return WaitEnd::Cancelled;
    DWORD left = MillisecondsUntil(deadline);
    if (left == 0) return WaitEnd::TimedOut;
    WaitForSingleObject(cancellation.event(), std::min(left, kLookMilliseconds));
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
  WaitTable* table = mapping.waits();
  WaitTable::Waiter waiter = NewWaiter();
  Descriptor event = table == nullptr ? Descriptor() : CreateWakeEvent(table->EventName(waiter));
  WaitTable::Slot* slot = event.valid() ? table->Enter(waiter, OffsetOf(mapping, word)) : nullptr;
  if (slot == nullptr) return LookAgainAndAgain(word, expected, cancellation, deadline);
  // Whoever changes the word from here on finds the slot.
  if (word != expected) return table->Leave(slot, waiter) ? WaitEnd::Woken : WaitEnd::NotEqual;
  HANDLE handles[] = {event.get(), cancellation.event()};
  DWORD end;
  do end = WaitForMultipleObjects(2, handles, FALSE, MillisecondsUntil(deadline));
  while (end == WAIT_OBJECT_0 && !table->IsWoken(slot, waiter));
  if (table->Leave(slot, waiter)) return WaitEnd::Woken;
  return end == WAIT_TIMEOUT ? WaitEnd::TimedOut : WaitEnd::Cancelled;
}

int WakeShared(Mapping& mapping, SharedWord& word, int count) {
  WaitTable* table = mapping.waits();
  return table == nullptr ? 0 : table->Wake(OffsetOf(mapping, word), count);
}

}  // namespace gips
