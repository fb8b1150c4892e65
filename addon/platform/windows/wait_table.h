// Who waits in a region, so that others find them. Windows wakes by addresses only within one process (WaitOnAddress); across processes
// each waiter has a bell of its own, and a slot in shared memory that says which. Whoever dies while waiting is known by its bell being
// gone.
#pragma once

#include <windows.h>

#include <cstdint>
#include <string>

#include "descriptor.h"
#include "region_annex_layout.h"

namespace gips {

class WaitTable {
 public:
  // `id` is the region's.
  WaitTable(RegionAnnexLayout& layout, const std::wstring& id) : layout_(layout), id_(id) {}

  // Who has such a number in such a process.
  struct Waiter {
    uint32_t process;
    uint32_t number;  // 24 bits
  };

  // One that nobody in this process is by now.
  static Waiter NewWaiter();
  // What wakes it. Not valid() with LastFailure().
  Descriptor MakeBell(Waiter waiter) const;

  // A slot for somebody who has a bell, and waits at `offset` from now on; null if all are taken by the living.
  WaitSlot* Enter(Waiter waiter, uint64_t offset);
  // Gives the slot back. True if the waiter has been woken.
  bool Leave(WaitSlot* slot, Waiter waiter);
  // True if the waiter has been woken.
  bool IsWoken(const WaitSlot* slot, Waiter waiter) const;

  // Wakes those who have waited at `offset` for longest. How many.
  int Wake(uint64_t offset, int count);

 private:
  enum class Answer { Rung, Gone, Failed };

  // Behind the last slot that was ever taken.
  WaitSlot* End() const;
  WaitSlot* Claim(uint64_t claimed);
  void Sweep();
  std::wstring BellName(Waiter waiter) const;
  Answer Ring(Waiter waiter) const;

  RegionAnnexLayout& layout_;
  std::wstring id_;
};

}  // namespace gips
