// A lock in a region. The kernel's own mutexes tell of an owner that died (WAIT_ABANDONED), so a lock is one of those, whose name comes
// from the region and the place of the lock in it; the memory there only counts those who wait.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "descriptor.h"
#include "mapping.h"
#include "shared_wait.h"

namespace gips {

// The locks of one page, and their mutexes as far as they are in use here.
class RobustPage {
 public:
  // The page that `address` is in, which must be in `mapping`. Null with LastFailure().
  static std::shared_ptr<RobustPage> Map(std::shared_ptr<Mapping> mapping, uint8_t* address);
  static size_t Size() { return 4096; }

  // No lock in it is held any more.
  void Retire() {}

  RobustPage(std::shared_ptr<Mapping> mapping, uint8_t* address) : mapping_(std::move(mapping)), address_(address) {}

  SharedWord& word(size_t offset) const { return *reinterpret_cast<SharedWord*>(address_ + offset); }
  // What the lock is called by all processes.
  std::wstring NameOf(size_t offset) const;
  // Not valid() with LastFailure(). The caller's own.
  Descriptor OpenMutex(size_t offset) const;

 private:
  std::shared_ptr<Mapping> mapping_;
  uint8_t* address_;
};

// Zero at first: 4 bytes that are not used, then the number of those who wait. Waiters that were killed stay counted, which costs polite
// callers a thread's turn, and nothing else.
class RobustWord {
 public:
  RobustWord() = default;
  RobustWord(std::shared_ptr<RobustPage> page, size_t offset) : page_(std::move(page)), offset_(offset) {}

  SharedWord& waiters() const { return page_->word(offset_ + sizeof(SharedWord)); }
  std::wstring name() const { return page_->NameOf(offset_); }
  Descriptor OpenMutex() const { return page_->OpenMutex(offset_); }
  bool IsIn(const RobustPage& page) const { return page_.get() == &page; }

 private:
  std::shared_ptr<RobustPage> page_;
  size_t offset_ = 0;
};

}  // namespace gips
