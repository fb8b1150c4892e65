#include "lock_keeper.h"

#include "last_failure.h"

namespace gips {

std::unique_ptr<LockKeeper> LockKeeper::Start() {
  std::unique_ptr<LockKeeper> keeper(new LockKeeper);
  int failure = HelperThread::Start(keeper->thread_, "gips-lock", Body, keeper.get());
  if (failure == 0) return keeper;
  SetLastFailure(failure);
  return nullptr;
}

LockKeeper::~LockKeeper() {
  if (!thread_.started()) return;
  {
    std::lock_guard<Mutex> lock(mutex_);
    command_ = Command::End;
    changed_.notify_all();
  }
  thread_.Join();
}

void LockKeeper::Body(void* keeper) {
  static_cast<LockKeeper*>(keeper)->Work();
}

void LockKeeper::Work() {
  std::unique_lock<Mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return command_ != Command::None; });
    Command command = command_;
    if (command == Command::End) return;
    lock.unlock();
    if (command == Command::Acquire) {
      result_ = Wait();
    } else {
      ReleaseMutex(lock_);
    }
    lock.lock();
    command_ = Command::None;
    changed_.notify_all();
  }
}

LockKeeper::Result LockKeeper::Wait() const {
  HANDLE handles[] = {lock_, cancel_};
  DWORD end = cancel_ != nullptr ? WaitForMultipleObjects(2, handles, FALSE, INFINITE) : WaitForSingleObject(lock_, 0);
  switch (end) {
    case WAIT_OBJECT_0:
      return Result::Acquired;
    case WAIT_ABANDONED_0:
      return Result::AcquiredFromDead;
    case WAIT_TIMEOUT:
      return Result::Held;
    default:
      return Result::Cancelled;
  }
}

void LockKeeper::Do(Command command, const Descriptor& mutex) {
  std::unique_lock<Mutex> lock(mutex_);
  lock_ = mutex.get();
  command_ = command;
  changed_.notify_all();
  changed_.wait(lock, [this] { return command_ == Command::None; });
}

LockKeeper::Result LockKeeper::Acquire(const Descriptor& mutex, HANDLE cancel) {
  cancel_ = cancel;
  Do(Command::Acquire, mutex);
  return result_;
}

void LockKeeper::Release(const Descriptor& mutex) {
  Do(Command::Release, mutex);
}

}  // namespace gips
