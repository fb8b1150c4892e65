#include "robust_owner.h"

namespace gips {

namespace {

// Threads that wait for their next lock.
constexpr size_t kMostIdle = 4;

}  // namespace

std::unique_ptr<LockKeeper> RobustOwner::TakeKeeper() {
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (!idle_.empty()) {
      auto keeper = std::move(idle_.back());
      idle_.pop_back();
      return keeper;
    }
  }
  return LockKeeper::Start();
}

Attempt RobustOwner::TryAcquire(const RobustWord& word, bool, bool is_patient) {
  return Acquire(word, nullptr, is_patient);
}

Attempt RobustOwner::Acquire(const RobustWord& word, HANDLE cancel, bool is_patient) {
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (is_patient && is_suspended_) return Attempt::Suspended;
    if (cancel == nullptr && held_.count(word.name()) != 0) return Attempt::HeldHere;
  }
  Descriptor mutex = word.OpenMutex();
  auto keeper = mutex.valid() ? TakeKeeper() : nullptr;
  if (keeper == nullptr) return Attempt::Exhausted;
  LockKeeper::Result result = keeper->Acquire(std::move(mutex), cancel);
  std::unique_lock<Mutex> lock(mutex_);
  bool is_had = result == LockKeeper::Result::Acquired || result == LockKeeper::Result::AcquiredFromDead;
  if (is_had && is_patient && is_suspended_) {
    // Whoever learns of the death is whoever gets it in the end.
    if (result == LockKeeper::Result::Acquired) {
      keeper->Release();
      idle_.push_back(std::move(keeper));
    }
    return Attempt::Suspended;
  }
  if (!is_had) {
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(keeper));
    return result == LockKeeper::Result::Held ? Attempt::Held : Attempt::Cancelled;
  }
  held_[word.name()] = {word, std::move(keeper)};
  if (is_patient) unsettled_++;
  return result == LockKeeper::Result::Acquired ? Attempt::Acquired : Attempt::AcquiredFromDead;
}

void RobustOwner::Release(const RobustWord& word, bool as_dead) {
  std::unique_ptr<LockKeeper> keeper;
  {
    std::lock_guard<Mutex> lock(mutex_);
    auto found = held_.find(word.name());
    if (found == held_.end()) return;
    keeper = std::move(found->second.keeper);
    held_.erase(found);
  }
  if (as_dead) return;
  keeper->Release();
  std::lock_guard<Mutex> lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(keeper));
}

void RobustOwner::ReleaseAll(const RobustPage& page) {
  std::vector<std::unique_ptr<LockKeeper>> dying;
  std::lock_guard<Mutex> lock(mutex_);
  for (auto each = held_.begin(); each != held_.end();) {
    if (!each->second.word.IsIn(page)) {
      ++each;
      continue;
    }
    dying.push_back(std::move(each->second.keeper));
    each = held_.erase(each);
  }
}

bool RobustOwner::Owns(const RobustWord& word) {
  std::lock_guard<Mutex> lock(mutex_);
  return held_.count(word.name()) != 0;
}

void RobustOwner::Suspend() {
  std::lock_guard<Mutex> lock(mutex_);
  is_suspended_ = true;
}

void RobustOwner::Resume() {
  std::lock_guard<Mutex> lock(mutex_);
  is_suspended_ = false;
}

void RobustOwner::Settle() {
  std::lock_guard<Mutex> lock(mutex_);
  unsettled_--;
}

bool RobustOwner::HasUnsettled() {
  std::lock_guard<Mutex> lock(mutex_);
  return unsettled_ > 0;
}

}  // namespace gips
