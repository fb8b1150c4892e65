#include "robust_owner.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace gips {

namespace {

constexpr size_t kMaxHeld = 2000;

}  // namespace

std::unique_ptr<RobustOwner> RobustOwner::Start() {
  std::unique_ptr<RobustOwner> owner(new RobustOwner());
  auto page = RobustPage::MapPrivate();
  if (page == nullptr) return nullptr;
  owner->sentinel_ = RobustWord(std::move(page), 0);
  owner->head_.futex_offset = static_cast<long>(RobustPage::Size());
  owner->head_.list.next = owner->sentinel_.node();
  owner->sentinel_.node()->next = &owner->head_.list;
  int error = HelperThread::Start(owner->thread_, "gips-owner", Run, owner.get());
  if (error != 0) {
    owner->sentinel_ = RobustWord();
    errno = -error;
    return nullptr;
  }
  Cancellation never;
  while (owner->is_started_ == 0) FutexWait(owner->is_started_, 0, never);
  return owner;
}

void RobustOwner::Run(void* data) {
  auto* owner = static_cast<RobustOwner*>(data);
  owner->tid_ = static_cast<uint32_t>(syscall(SYS_gettid));
  owner->sentinel_.word() = owner->tid_;
  syscall(SYS_set_robust_list, &owner->head_, sizeof owner->head_);
  owner->is_started_ = 1;
  FutexWake(owner->is_started_, 1);
  Cancellation never;
  while (owner->is_ending_ == 0) FutexWait(owner->is_ending_, 0, never);
}

RobustOwner::~RobustOwner() {
  if (tid_ == 0) return;
  is_ending_ = 1;
  FutexWake(is_ending_, 1);
  thread_.Join();
}

Attempt RobustOwner::TryAcquire(const RobustWord& word, bool others_wait, bool is_patient) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (is_suspended_ && is_patient) return Attempt::Suspended;
  if (held_.size() >= kMaxHeld) return Attempt::Exhausted;
  // The whole process is being killed, and this thread's turn has not come yet: what it took now nobody would ever give back.
  if (!IsAlive()) return Attempt::Held;
  SetPending(word.node());
  uint32_t before = word.word();
  uint32_t after;
  Attempt attempt;
  do {
    if ((before & FUTEX_TID_MASK) != 0) {
      SetPending(nullptr);
      return (before & FUTEX_TID_MASK) == tid_ ? Attempt::HeldHere : Attempt::Held;
    }
    bool is_awaited = others_wait || word.waiters() != 0;
    after = tid_ | (before & FUTEX_WAITERS) | (is_awaited ? FUTEX_WAITERS : 0);
    attempt = (before & FUTEX_OWNER_DIED) != 0 ? Attempt::AcquiredFromDead : Attempt::Acquired;
  } while (!word.word().compare_exchange_weak(before, after));
  Link(word);
  SetPending(nullptr);
  if (IsAlive()) {
    if (is_patient) unsettled_++;
    return attempt;
  }
  // As above, but it came in between.
  if (word.word().compare_exchange_strong(after, FUTEX_OWNER_DIED | FUTEX_WAITERS)) FutexWake(word.word(), 1);
  return Attempt::Held;
}

void RobustOwner::Release(const RobustWord& word, bool as_dead) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!IsLinked(word)) return;
  SetPending(word.node());
  Unlink(word);
  uint32_t before = word.word();
  while ((before & FUTEX_TID_MASK) == tid_) {
    if (!word.word().compare_exchange_weak(before, as_dead ? FUTEX_OWNER_DIED | (before & FUTEX_WAITERS) : 0)) continue;
    if ((before & FUTEX_WAITERS) != 0 || word.waiters() != 0) FutexWake(word.word(), 1);
    break;
  }
  SetPending(nullptr);
}

void RobustOwner::ReleaseAll(const RobustPage& page) {
  std::vector<RobustWord> words;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    std::copy_if(held_.begin(), held_.end(), std::back_inserter(words), [&](const RobustWord& held) { return held.IsIn(page); });
  }
  for (const RobustWord& word : words) Release(word, true);
}

void RobustOwner::Suspend() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_suspended_ = true;
}

void RobustOwner::Resume() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_suspended_ = false;
}

void RobustOwner::Settle() {
  std::lock_guard<std::mutex> lock(mutex_);
  unsettled_--;
}

bool RobustOwner::HasUnsettled() {
  std::lock_guard<std::mutex> lock(mutex_);
  return unsettled_ > 0;
}

// Whoever dies between changing a word and changing the list: the kernel looks at this one too.
void RobustOwner::SetPending(robust_list* node) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  *const_cast<robust_list* volatile*>(&head_.list_op_pending) = node;
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool RobustOwner::IsLinked(const RobustWord& word) const {
  return std::any_of(held_.begin(), held_.end(), [&](const RobustWord& held) { return held.node() == word.node(); });
}

// A peer that writes nonsense into the word can have it acquired twice.
void RobustOwner::Link(const RobustWord& word) {
  if (!IsLinked(word)) {
    robust_list* first = sentinel_.node();
    word.node()->next = first->next;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    first->next = word.node();
  }
  held_.push_back(word);
}

void RobustOwner::Unlink(const RobustWord& word) {
  auto same = [&](const RobustWord& held) { return held.node() == word.node(); };
  held_.erase(std::find_if(held_.begin(), held_.end(), same));
  if (IsLinked(word)) return;
  robust_list* previous = sentinel_.node();
  while (previous->next != word.node()) previous = previous->next;
  previous->next = word.node()->next;
}

}  // namespace gips
