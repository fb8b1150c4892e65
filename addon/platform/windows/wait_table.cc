#include "wait_table.h"

#include <uv.h>

#include <limits>

#include "descriptor.h"
#include "last_failure.h"

namespace gips {

namespace {

constexpr uint64_t kMagic = 0x7374696177697067;
constexpr size_t kSlots = 250;

// In a slot's state: process, number and one of these. Zero is a free slot.
enum Phase : uint64_t { kClaimed = 1, kWaiting = 2, kWoken = 3 };

uint64_t State(WaitTable::Waiter waiter, Phase phase) {
  return uint64_t{waiter.process} << 32 | uint64_t{waiter.number & 0xFFFFFF} << 8 | phase;
}

WaitTable::Waiter WaiterOf(uint64_t state) {
  return {static_cast<uint32_t>(state >> 32), static_cast<uint32_t>(state >> 8 & 0xFFFFFF)};
}

bool IsIn(uint64_t state, Phase phase) {
  return (state & 0xFF) == phase;
}

}  // namespace

struct WaitTable::Slot {
  std::atomic<uint64_t> state;
  std::atomic<uint64_t> ticket;
  std::atomic<uint64_t> offset;
};

struct WaitTable::Layout {
  std::atomic<uint64_t> magic;
  uint8_t id[16];
  std::atomic<uint64_t> tickets;
  Slot slots[kSlots];
};

size_t WaitTable::Size() {
  return sizeof(Layout);
}

WaitTable::WaitTable(uint8_t* memory) : layout_(reinterpret_cast<Layout*>(memory)) {
  constexpr wchar_t kDigits[] = L"0123456789abcdef";
  for (uint8_t byte : layout_->id) {
    id_ += kDigits[byte >> 4];
    id_ += kDigits[byte & 15];
  }
}

std::unique_ptr<WaitTable> WaitTable::Create(uint8_t* memory) {
  auto* layout = reinterpret_cast<Layout*>(memory);
  int failure = uv_random(nullptr, nullptr, layout->id, sizeof(layout->id), 0, nullptr);
  if (failure != 0) {
    SetLastFailure(failure);
    return nullptr;
  }
  layout->magic = kMagic;
  return Open(memory);
}

std::unique_ptr<WaitTable> WaitTable::Open(uint8_t* memory) {
  bool is_one = reinterpret_cast<Layout*>(memory)->magic == kMagic;
  return std::unique_ptr<WaitTable>(is_one ? new WaitTable(memory) : nullptr);
}

std::wstring WaitTable::EventName(Waiter waiter) const {
  return L"Local\\gips-wait-" + id_ + L"-" + std::to_wstring(waiter.process) + L"-" + std::to_wstring(waiter.number);
}

WaitTable::Slot* WaitTable::Claim(uint64_t claimed) {
  for (Slot& slot : layout_->slots) {
    uint64_t free = 0;
    if (slot.state.compare_exchange_strong(free, claimed)) return &slot;
  }
  return nullptr;
}

WaitTable::Slot* WaitTable::Enter(Waiter waiter, uint64_t offset) {
  Slot* slot = Claim(State(waiter, kClaimed));
  if (slot == nullptr) {
    Sweep();
    slot = Claim(State(waiter, kClaimed));
  }
  if (slot == nullptr) return nullptr;
  slot->offset = offset;
  slot->ticket = ++layout_->tickets;
  slot->state = State(waiter, kWaiting);
  return slot;
}

bool WaitTable::Leave(Slot* slot, Waiter waiter) {
  uint64_t waiting = State(waiter, kWaiting);
  if (slot->state.compare_exchange_strong(waiting, 0)) return false;
  uint64_t woken = State(waiter, kWoken);
  return slot->state.compare_exchange_strong(woken, 0);
}

bool WaitTable::IsWoken(const Slot* slot, Waiter waiter) const {
  return slot->state == State(waiter, kWoken);
}

int WaitTable::Wake(uint64_t offset, int count) {
  int woken = 0;
  while (woken < count) {
    Slot* first = nullptr;
    uint64_t state = 0;
    uint64_t least = std::numeric_limits<uint64_t>::max();
    for (Slot& slot : layout_->slots) {
      uint64_t seen = slot.state;
      uint64_t ticket = slot.ticket;
      if (!IsIn(seen, kWaiting) || slot.offset != offset || ticket >= least) continue;
      first = &slot;
      state = seen;
      least = ticket;
    }
    if (first == nullptr) break;
    Waiter waiter = WaiterOf(state);
    if (!first->state.compare_exchange_strong(state, State(waiter, kWoken))) continue;
    if (SetEventOf(waiter)) {
      woken++;
    } else {
      uint64_t dead = State(waiter, kWoken);
      first->state.compare_exchange_strong(dead, 0);
    }
  }
  return woken;
}

// The slots of the dead. A waiter has its event before it has a slot.
void WaitTable::Sweep() {
  for (Slot& slot : layout_->slots) {
    uint64_t state = slot.state;
    if (state == 0) continue;
    Descriptor event(OpenEventW(SYNCHRONIZE, FALSE, EventName(WaiterOf(state)).c_str()));
    if (!event.valid() && GetLastError() == ERROR_FILE_NOT_FOUND) slot.state.compare_exchange_strong(state, 0);
  }
}

bool WaitTable::SetEventOf(Waiter waiter) const {
  Descriptor event(OpenEventW(EVENT_MODIFY_STATE, FALSE, EventName(waiter).c_str()));
  return event.valid() && SetEvent(event.get());
}

}  // namespace gips
