#include "robust_owner.h"

namespace gips {

namespace {

// As on Linux, where the kernel bounds it.
constexpr size_t kMaxHeld = 2000;

// Threads that wait for their next lock.
constexpr size_t kMostIdle = 4;

constexpr DWORD kLookMilliseconds = 5;

// Whoever made the mutex may not have known that we have the region, too, if we are another user: then it is not for us, but the next one
// is, which is made when nobody has this one any more. False if `cancel` is set first; with a null `cancel` it does not wait.
bool OpenMutex(const RobustWord& word, HANDLE cancel, Descriptor& mutex) {
  for (;;) {
    mutex = word.OpenMutex();
    if (mutex.valid() || GetLastError() != ERROR_ACCESS_DENIED) return true;
    if (cancel == nullptr || WaitForSingleObject(cancel, kLookMilliseconds) == WAIT_OBJECT_0) return false;
  }
}

}  // namespace

Attempt RobustOwner::TryAcquire(const RobustWord& word, bool, bool is_patient) {
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (is_patient && is_suspended_) return Attempt::Suspended;
    if (held_.count(word.name()) != 0) return Attempt::HeldHere;
    if (held_.size() >= kMaxHeld) return Attempt::Exhausted;
  }
  if (first_ == nullptr) first_ = LockKeeper::Start();
  Descriptor mutex;
  if (!OpenMutex(word, nullptr, mutex)) return Attempt::Held;
  if (!mutex.valid() || first_ == nullptr) return Attempt::Exhausted;
  LockKeeper::Result result = first_->Acquire(mutex, nullptr);
  if (result == LockKeeper::Result::Held) return Attempt::Held;
  return Take({word, std::move(mutex), first_}, result, is_patient);
}

Attempt RobustOwner::Acquire(const RobustWord& word, HANDLE cancel, bool is_patient) {
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (is_patient && is_suspended_) return Attempt::Suspended;
    if (held_.size() >= kMaxHeld) return Attempt::Exhausted;
  }
  Descriptor mutex;
  if (!OpenMutex(word, cancel, mutex)) return Attempt::Cancelled;
  Keeper keeper = mutex.valid() ? PatientKeeper() : nullptr;
  if (keeper == nullptr) return Attempt::Exhausted;
  LockKeeper::Result result = keeper->Acquire(mutex, cancel);
  if (result != LockKeeper::Result::Cancelled) return Take({word, std::move(mutex), std::move(keeper)}, result, is_patient);
  Rest(std::move(keeper));
  return Attempt::Cancelled;
}

Attempt RobustOwner::Take(Holding holding, LockKeeper::Result result, bool is_patient) {
  bool owner_died = result == LockKeeper::Result::AcquiredFromDead || holding.word.held() != 0;
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (!is_patient || !is_suspended_) {
      holding.word.held() = 1;
      if (is_patient) unsettled_++;
      std::wstring name = holding.word.name();
      held_[name] = std::move(holding);
      return owner_died ? Attempt::AcquiredFromDead : Attempt::Acquired;
    }
  }
  // Whoever gets it in the end is told.
  if (owner_died) holding.word.held() = 1;
  GiveBack(std::move(holding));
  return Attempt::Suspended;
}

void RobustOwner::GiveBack(Holding holding) {
  holding.keeper->Release(holding.mutex);
  Rest(std::move(holding.keeper));
}

void RobustOwner::Release(const RobustWord& word, bool as_dead) {
  Holding holding;
  {
    std::lock_guard<Mutex> lock(mutex_);
    auto found = held_.find(word.name());
    if (found == held_.end() || !found->second.word.IsSame(word)) return;
    holding = std::move(found->second);
    held_.erase(found);
  }
  if (!as_dead) word.held() = 0;
  GiveBack(std::move(holding));
}

void RobustOwner::ReleaseAll(const RobustPage& page) {
  std::vector<RobustWord> words;
  {
    std::lock_guard<Mutex> lock(mutex_);
    for (const auto& [name, holding] : held_) {
      if (holding.word.IsIn(page)) words.push_back(holding.word);
    }
  }
  for (const RobustWord& word : words) Release(word, true);
}

// One that waits, and may get what it waits for.
RobustOwner::Keeper RobustOwner::PatientKeeper() {
  {
    std::lock_guard<Mutex> lock(mutex_);
    if (!idle_.empty()) {
      Keeper keeper = std::move(idle_.back());
      idle_.pop_back();
      return keeper;
    }
  }
  return LockKeeper::Start();
}

void RobustOwner::Rest(Keeper keeper) {
  std::lock_guard<Mutex> lock(mutex_);
  if (keeper != first_ && idle_.size() < kMostIdle) idle_.push_back(std::move(keeper));
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
