// A lock's word in shared memory, as the kernel's robust list wants to see it (linux/Documentation/locking/robust-futex-ABI.rst).
#pragma once

#include <linux/futex.h>

#include <cstddef>
#include <memory>

#include "futex.h"
#include "mapping.h"

namespace gips {

// The list's nodes have to be at one fixed distance from their words, but must not lie in the shared memory: the kernel follows them when
// we die, so whoever can write there could lead it through our memory. Hence a second view of the word's page, right behind a private page
// that holds the nodes: each at the same place of its page as its word.
class RobustPage {
 public:
  // The page that `address` is in, which must be in `mapping`. Null with errno.
  static std::shared_ptr<RobustPage> Map(std::shared_ptr<Mapping> mapping, uint8_t* address);
  // A page of nobody else's, for a word that only tells whether its owner lives.
  static std::shared_ptr<RobustPage> MapPrivate();
  static size_t Size();

  // Takes the shared page away, when no lock in it is held: one that is garbage does not keep a whole region.
  void Retire();

  explicit RobustPage(uint8_t* pair) : pair_(pair) {}
  ~RobustPage();
  RobustPage(const RobustPage&) = delete;
  RobustPage& operator=(const RobustPage&) = delete;

  SharedWord& word(size_t offset) const { return *reinterpret_cast<SharedWord*>(pair_ + Size() + offset); }
  robust_list& node(size_t offset) const { return *reinterpret_cast<robust_list*>(pair_ + offset); }

 private:
  uint8_t* pair_;
  // Keeps the addresses of the first view from being given to another one.
  std::shared_ptr<Mapping> mapping_;
};

// In memory that is zero at first: the word (0 unlocked, else the owner's thread id, FUTEX_WAITERS, FUTEX_OWNER_DIED), then the number of
// those who wait for it. Waiters that were killed stay counted, which costs a system call at each release and a thread's turn at each
// polite acquisition, and nothing else.
class RobustWord {
 public:
  RobustWord() = default;
  RobustWord(std::shared_ptr<RobustPage> page, size_t offset) : page_(std::move(page)), offset_(offset) {}

  SharedWord& word() const { return page_->word(offset_); }
  SharedWord& waiters() const { return page_->word(offset_ + sizeof(SharedWord)); }
  robust_list* node() const { return &page_->node(offset_); }
  bool IsIn(const RobustPage& page) const { return page_.get() == &page; }

 private:
  std::shared_ptr<RobustPage> page_;
  size_t offset_ = 0;
};

}  // namespace gips
