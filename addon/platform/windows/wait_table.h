// Behind the bytes of a region: who waits in it, so that others find them. Windows wakes by addresses only within one process
// (WaitOnAddress); across processes each waiter has an event of its own, and a slot here that says which. Whoever dies while waiting is
// known by its event being gone.
#pragma once

#include <windows.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace gips {

class WaitTable {
 public:
  // For a region whose bytes end at `end`: where its table begins, and how large it is.
  static uint64_t OffsetBehind(uint64_t end) { return (end + 63) / 64 * 64; }
  static size_t Size();

  // A new one, in memory that is zero. Null with LastFailure().
  static std::unique_ptr<WaitTable> Create(uint8_t* memory);
  // Null if there is none.
  static std::unique_ptr<WaitTable> Open(uint8_t* memory);

  // For names of objects that belong to the region. Nobody can guess it who has not seen the region.
  const std::wstring& id() const { return id_; }

  // What wakes the waiter who has such a number in such a process.
  struct Waiter {
    uint32_t process;
    uint32_t number;  // 24 bits
  };

  // A slot for somebody who waits at `offset` from now on; null if all are taken by the living.
  struct Slot;
  Slot* Enter(Waiter waiter, uint64_t offset);
  // Gives the slot back. True if the waiter has been woken.
  bool Leave(Slot* slot, Waiter waiter);
  // True if the waiter has been woken.
  bool IsWoken(const Slot* slot, Waiter waiter) const;

  // Wakes those who have waited at `offset` for longest. How many.
  int Wake(uint64_t offset, int count);

  std::wstring EventName(Waiter waiter) const;

 private:
  struct Layout;
  explicit WaitTable(uint8_t* memory);

  Slot* Claim(uint64_t claimed);
  void Sweep();
  bool SetEventOf(Waiter waiter) const;

  Layout* layout_;
  std::wstring id_;
};

}  // namespace gips
