// A lock in a region. The kernel's own mutexes tell of an owner that died (WAIT_ABANDONED), so a lock is one of those, whose name comes
// from the region and the place of the lock in it. But a mutex is gone when nobody has it open any more, and what it knew with it: so the
// memory says, too, that the lock is held.
#pragma once

#include <memory>
#include <string>

#include "descriptor.h"
#include "mapping.h"
#include "shared_wait.h"

namespace gips {

// The locks of one page.
class RobustPage {
 public:
  // The page that `address` is in, which must be in `mapping`. Null with LastFailure().
  static std::shared_ptr<RobustPage> Map(std::shared_ptr<Mapping> mapping, uint8_t* address);
  static size_t Size() { return 4096; }

  // Gives the memory back, when no lock in it is held: one that is garbage does not keep a whole region.
  void Retire();

  RobustPage(std::shared_ptr<Mapping> mapping, uint8_t* address);

  SharedWord& word(size_t offset) const { return *reinterpret_cast<SharedWord*>(address_ + offset); }
  // What the lock is called by all processes.
  std::wstring NameOf(size_t offset) const { return prefix_ + std::to_wstring(place_ + offset); }
  // Not valid() with LastFailure(). The caller's own.
  Descriptor OpenMutex(size_t offset) const;

 private:
  std::shared_ptr<Mapping> mapping_;
  uint8_t* address_;
  std::wstring prefix_;
  uint64_t place_;
};

// Zero at first: whether it is held, then the number of those who wait. Waiters that were killed stay counted, which costs polite callers a
// thread's turn, and nothing else.
class RobustWord {
 public:
  RobustWord() = default;
  RobustWord(std::shared_ptr<RobustPage> page, size_t offset) : page_(std::move(page)), offset_(offset) {}

  // Changed by the owner alone. Whoever gets the lock and finds it set comes after one that died.
  SharedWord& held() const { return page_->word(offset_); }
  SharedWord& waiters() const { return page_->word(offset_ + sizeof(SharedWord)); }
  std::wstring name() const { return page_->NameOf(offset_); }
  Descriptor OpenMutex() const { return page_->OpenMutex(offset_); }
  bool IsIn(const RobustPage& page) const { return page_.get() == &page; }
  // Not one of the same lock by another view of the memory.
  bool IsSame(const RobustWord& other) const { return page_ == other.page_ && offset_ == other.offset_; }

 private:
  std::shared_ptr<RobustPage> page_;
  size_t offset_ = 0;
};

}  // namespace gips
