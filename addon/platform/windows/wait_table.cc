#include "wait_table.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <vector>

#include "security.h"

namespace gips {

namespace {

// Bells can be found by anybody who looks for them, as their names can. So everybody, from whatever sandbox, may ring them, which is a look
// at the slot for nothing, and may do no more: nobody can take a ring away from a waiter, as one could with an event (ResetEvent).
constexpr wchar_t kEverybodyRings[] = L"D:P(A;;0x2;;;WD)S:(ML;;NW;;;S-1-16-0)";
static_assert(SEMAPHORE_MODIFY_STATE == 2, "what everybody may do");

uint64_t State(WaitTable::Waiter waiter, WaitPhase phase) {
  return uint64_t{waiter.process} << 32 | uint64_t{waiter.number & 0xFFFFFF} << 8 | phase;
}

WaitTable::Waiter WaiterOf(uint64_t state) {
  return {static_cast<uint32_t>(state >> 32), static_cast<uint32_t>(state >> 8 & 0xFFFFFF)};
}

bool IsIn(uint64_t state, WaitPhase phase) {
  return (state & 0xFF) == phase;
}

// By the time of its start a process's numbers are others than those of one that had the same id and has left slots behind.
uint32_t FirstNumber() {
  LARGE_INTEGER now;
  QueryPerformanceCounter(&now);
  return static_cast<uint32_t>(now.QuadPart);
}

std::atomic<uint32_t> last_number{FirstNumber()};

}  // namespace

// Not of the session, as objects are by default (Local\): the region's processes may be of several.
std::wstring WaitTable::BellName(Waiter waiter) const {
  return L"Global\\gips-wait-" + id_ + L"-" + std::to_wstring(waiter.process) + L"-" + std::to_wstring(waiter.number);
}

WaitTable::Waiter WaitTable::NewWaiter() {
  return {GetCurrentProcessId(), ++last_number & 0xFFFFFF};
}

Descriptor WaitTable::MakeBell(Waiter waiter) const {
  Security everybody(kEverybodyRings);
  return Descriptor(everybody.valid() ? CreateSemaphoreW(everybody.attributes(), 0, 1, BellName(waiter).c_str()) : nullptr);
}

WaitSlot* WaitTable::End() const {
  return layout_.slots + std::min<uint64_t>(layout_.slots_used, std::size(layout_.slots));
}

WaitSlot* WaitTable::Claim(uint64_t claimed) {
  for (WaitSlot& slot : layout_.slots) {
    uint64_t free = 0;
    if (!slot.state.compare_exchange_strong(free, claimed)) continue;
    auto used = static_cast<uint64_t>(&slot - layout_.slots + 1);
    for (uint64_t seen = layout_.slots_used; seen < used && !layout_.slots_used.compare_exchange_weak(seen, used);) {
    }
    return &slot;
  }
  return nullptr;
}

WaitSlot* WaitTable::Enter(Waiter waiter, uint64_t offset) {
  WaitSlot* slot = Claim(State(waiter, kClaimed));
  if (slot == nullptr) {
    Sweep();
    slot = Claim(State(waiter, kClaimed));
  }
  if (slot == nullptr) return nullptr;
  slot->offset = offset;
  slot->ticket = ++layout_.tickets;
  slot->state = State(waiter, kWaiting);
  return slot;
}

bool WaitTable::Leave(WaitSlot* slot, Waiter waiter) {
  uint64_t waiting = State(waiter, kWaiting);
  if (slot->state.compare_exchange_strong(waiting, 0)) return false;
  uint64_t woken = State(waiter, kWoken);
  return slot->state.compare_exchange_strong(woken, 0);
}

bool WaitTable::IsWoken(const WaitSlot* slot, Waiter waiter) const {
  return slot->state == State(waiter, kWoken);
}

// In one look at the table, so that it ends, whatever others write there. A state that is still the same later stands for the same waiter,
// ticket and offset.
int WaitTable::Wake(uint64_t offset, int count) {
  struct Found {
    uint64_t ticket;
    uint64_t state;
    WaitSlot* slot;
  };
  // Whoever has not seen yet how the word was changed, perhaps by a plain store, is in the table.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::vector<Found> waiting;
  for (WaitSlot *slot = layout_.slots, *end = End(); slot != end; slot++) {
    uint64_t state = slot->state;
    if (state == 0 || slot->offset != offset) continue;
    if (IsIn(state, kWaiting)) waiting.push_back({slot->ticket, state, slot});
    // Who woke it may have died before it rang.
    if (IsIn(state, kWoken) && Ring(WaiterOf(state)) == Answer::Gone) slot->state.compare_exchange_strong(state, 0);
  }
  std::sort(waiting.begin(), waiting.end(), [](const Found& one, const Found& other) { return one.ticket < other.ticket; });
  int woken = 0;
  for (auto& [ticket, state, slot] : waiting) {
    if (woken >= count) break;
    Waiter waiter = WaiterOf(state);
    uint64_t now = State(waiter, kWoken);
    if (!slot->state.compare_exchange_strong(state, now)) continue;
    Answer answer = Ring(waiter);
    if (answer == Answer::Rung) {
      woken++;
    } else {
      slot->state.compare_exchange_strong(now, answer == Answer::Gone ? 0 : state);
    }
  }
  return woken;
}

// The slots of the dead. A waiter has its bell before it has a slot.
void WaitTable::Sweep() {
  for (WaitSlot& slot : layout_.slots) {
    uint64_t state = slot.state;
    if (state == 0 || Ring(WaiterOf(state)) != Answer::Gone) continue;
    slot.state.compare_exchange_strong(state, 0);
  }
}

WaitTable::Answer WaitTable::Ring(Waiter waiter) const {
  Descriptor bell(OpenSemaphoreW(SEMAPHORE_MODIFY_STATE, FALSE, BellName(waiter).c_str()));
  if (!bell.valid()) return GetLastError() == ERROR_FILE_NOT_FOUND ? Answer::Gone : Answer::Failed;
  bool is_rung = ReleaseSemaphore(bell.get(), 1, nullptr) || GetLastError() == ERROR_TOO_MANY_POSTS;
  return is_rung ? Answer::Rung : Answer::Failed;
}

}  // namespace gips
