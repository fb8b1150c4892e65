#include "handle_exchange.h"

#include <uv.h>

#include "last_failure.h"
#include "section.h"

namespace gips {

namespace {

constexpr uint32_t kEntries = 4095;

// Milliseconds that somebody who is alive may be at work on an entry.
constexpr int kPatience = 100;

// What an entry's state says beside its connection, which has the other bits: In, Out, or that somebody is at work on it.
constexpr uint64_t kPhases = 7;
constexpr uint64_t kFilling = 3;
constexpr uint64_t kFetching = 4;
// The connection has ended while it was being filled: who does that clears it again.
constexpr uint64_t kForsaken = 5;

uint64_t StateOf(uint64_t connection, uint64_t phase) {
  return (connection & ~kPhases) | phase;
}

// Pseudo-handles, which stand for the process or the thread that uses them, are never waiting for anybody.
bool IsPlausible(uint64_t handle) {
  return handle > 0 && handle < (uint64_t{1} << 31) && handle % 4 == 0;
}

// Memory that is really there, behind all of it: anything else would fault, as its owner likes.
bool IsPlainMemory(HANDLE section, uint64_t size) {
  SectionFacts facts;
  return AskSection(section, facts) && facts.kind == SectionFacts::Kind::Memory && facts.size >= size;
}

}  // namespace

struct HandleExchange::Entry {
  std::atomic<uint64_t> state;  // 0: free
  uint64_t handle;              // of the process that has the table
};

struct HandleExchange::Table {
  std::atomic<uint64_t> used;  // entries that are not free, unless somebody has been killed while at work on one
  uint64_t reserved;
  Entry entries[kEntries];
};

HandleExchange* HandleExchange::Own() {
  static_assert(sizeof(Table) == 64 * 1024 && std::atomic<uint64_t>::is_always_lock_free, "the table is shared between processes");
  static SRWLOCK lock = SRWLOCK_INIT;
  static HandleExchange* own = nullptr;
  AcquireSRWLockExclusive(&lock);
  if (own == nullptr) {
    Descriptor section(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE | SEC_COMMIT, 0, sizeof(Table), nullptr));
    void* table = section.valid() ? MapViewOfFile(section.get(), FILE_MAP_WRITE, 0, 0, sizeof(Table)) : nullptr;
    // Until the process ends: others may be at work on it at any time.
    if (table != nullptr) own = new HandleExchange(Descriptor(), std::move(section), static_cast<Table*>(table));
  }
  ReleaseSRWLockExclusive(&lock);
  return own;
}

std::unique_ptr<HandleExchange> HandleExchange::Open(Descriptor process, uint64_t section) {
  HANDLE copy = nullptr;
  auto number = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(section));
  if (!IsPlausible(section)) {
    SetLastFailure(UV_EBADF);
    return nullptr;
  }
  if (!DuplicateHandle(process.get(), number, GetCurrentProcess(), &copy, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_QUERY, FALSE, 0))
    return nullptr;
  Descriptor memory(copy);
  if (!IsPlainMemory(memory.get(), sizeof(Table))) {
    SetLastFailure(UV_EINVAL);
    return nullptr;
  }
  void* table = MapViewOfFile(memory.get(), FILE_MAP_WRITE, 0, 0, sizeof(Table));
  if (table == nullptr) return nullptr;
  return std::unique_ptr<HandleExchange>(new HandleExchange(std::move(process), Descriptor(), static_cast<Table*>(table)));
}

HandleExchange::~HandleExchange() {
  UnmapViewOfFile(table_);
}

bool HandleExchange::in_use() const {
  return table_->used != 0;
}

int HandleExchange::Put(const Descriptor& handle, uint64_t connection, Way way) {
  const uint64_t filling = StateOf(connection, kFilling);
  const uint32_t first = next_.fetch_add(1, std::memory_order_relaxed);
  for (uint32_t i = 0; i < kEntries; i++) {
    uint32_t number = (first + i) % kEntries;
    Entry& entry = table_->entries[number];
    uint64_t state = 0;
    if (!entry.state.compare_exchange_strong(state, filling)) continue;
    table_->used++;
    // The number is written by the system, there, so that the entry tells of every handle that exists, whenever this process is killed.
    auto* target = reinterpret_cast<HANDLE*>(&entry.handle);
    if (!DuplicateHandle(GetCurrentProcess(), handle.get(), process(), target, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
      DWORD error = GetLastError();
      Free(entry);
      SetLastError(error);
      return kFailed;
    }
    state = filling;
    if (entry.state.compare_exchange_strong(state, StateOf(connection, static_cast<uint64_t>(way)))) return static_cast<int>(number);
    CloseThere(entry.handle);
    Free(entry);
    SetLastFailure(UV_EPIPE);
    return kFailed;
  }
  return kFull;
}

bool HandleExchange::Holds(uint32_t entry, uint64_t connection, Way way) const {
  return entry < kEntries && table_->entries[entry].state == StateOf(connection, static_cast<uint64_t>(way));
}

Descriptor HandleExchange::Fetch(uint32_t number, uint64_t connection, Way way) {
  uint64_t state = StateOf(connection, static_cast<uint64_t>(way));
  if (number >= kEntries || !table_->entries[number].state.compare_exchange_strong(state, StateOf(connection, kFetching))) {
    SetLastFailure(UV_ENOENT);
    return {};
  }
  Entry& entry = table_->entries[number];
  // Once: another process may write here what it likes.
  uint64_t value = *static_cast<volatile uint64_t*>(&entry.handle);
  auto handle = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(value));
  HANDLE mine = nullptr;
  if (!IsPlausible(value)) {
    SetLastFailure(UV_EBADF);
  } else if (is_own()) {
    mine = handle;
  } else {
    constexpr DWORD kMove = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;
    if (!DuplicateHandle(process(), handle, GetCurrentProcess(), &mine, 0, FALSE, kMove)) mine = nullptr;
  }
  DWORD error = GetLastError();
  Free(entry);
  SetLastError(error);
  return Descriptor(mine);
}

void HandleExchange::Drop(uint32_t number, uint64_t connection, Way way) {
  uint64_t state = StateOf(connection, static_cast<uint64_t>(way));
  if (number >= kEntries || !table_->entries[number].state.compare_exchange_strong(state, StateOf(connection, kFetching))) return;
  Entry& entry = table_->entries[number];
  CloseThere(*static_cast<volatile uint64_t*>(&entry.handle));
  Free(entry);
}

void HandleExchange::DropAll(uint64_t connection, const Descriptor& peer) {
  if (!in_use()) return;
  for (uint32_t number = 0; number < kEntries; number++) {
    uint64_t state = table_->entries[number].state;
    if (state == 0 || StateOf(state, 0) != StateOf(connection, 0)) continue;
    if (state == StateOf(connection, kFilling)) Forsake(number, connection, peer);
    Drop(number, connection, Way::In);
    Drop(number, connection, Way::Out);
  }
}

// Whoever is at work on it has done in a moment, or was killed. Others clear it themselves when they get to it.
void HandleExchange::Forsake(uint32_t number, uint64_t connection, const Descriptor& peer) {
  Entry& entry = table_->entries[number];
  const uint64_t filling = StateOf(connection, kFilling);
  for (int patience = kPatience; patience > 0 && entry.state == filling; patience--) {
    if (!peer.valid()) {
      Sleep(1);
    } else if (WaitForSingleObject(peer.get(), 1) == WAIT_OBJECT_0) {
      uint64_t state = filling;
      if (!entry.state.compare_exchange_strong(state, StateOf(connection, kFetching))) return;
      CloseThere(*static_cast<volatile uint64_t*>(&entry.handle));
      return Free(entry);
    }
  }
  uint64_t state = filling;
  entry.state.compare_exchange_strong(state, StateOf(connection, kForsaken));
}

void HandleExchange::CloseThere(uint64_t value) {
  if (!IsPlausible(value)) return;
  auto handle = reinterpret_cast<HANDLE>(static_cast<uintptr_t>(value));
  if (is_own()) {
    CloseHandle(handle);
  } else {
    // No target: only its source is closed (DuplicateHandle, Remarks).
    DuplicateHandle(process(), handle, nullptr, nullptr, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
  }
}

void HandleExchange::Free(Entry& entry) {
  entry.handle = 0;
  entry.state = 0;
  table_->used--;
}

}  // namespace gips
