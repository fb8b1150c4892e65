#include "selector.h"

#include <uv.h>

#include <list>
#include <unordered_map>

#include "last_failure.h"
#include "mutex.h"

namespace gips {

// Everything in it needs the lock.
class Selector::Set final : public Readiness {
 public:
  ~Set() override {
    auto lock = Acquire();
    for (auto& [id, source] : sources_) source.readiness->Remove(&source);
  }

  int Add(const std::shared_ptr<Readiness>& readiness, uint64_t token, int interest) {
    int id = readiness->id();
    if (sources_.count(id) != 0) return UV_EEXIST;
    Source& source = sources_[id];
    source.set = this;
    source.readiness = readiness;
    source.readiness->Add(&source);
    return Modify(id, token, interest);
  }

  int Modify(int id, uint64_t token, int interest) {
    auto found = sources_.find(id);
    if (found == sources_.end()) return UV_ENOENT;
    found->second.token = token;
    found->second.interest = interest;
    found->second.OnReadiness(found->second.readiness->ready());
    return 0;
  }

  // `removed` is to be let go of without the lock.
  int Remove(int id, std::shared_ptr<Readiness>& removed) {
    auto found = sources_.find(id);
    if (found == sources_.end()) return UV_ENOENT;
    removed = found->second.readiness;
    found->second.readiness->Remove(&found->second);
    found->second.SetReady(false);
    sources_.erase(found);
    return 0;
  }

  int Take(Ready* ready, int capacity) {
    int count = 0;
    // Each is asked once, and then stands behind the others.
    for (size_t left = queue_.size(); left > 0 && count < capacity; left--) {
      Source* source = queue_.front();
      queue_.splice(queue_.end(), queue_, queue_.begin());
      ready[count++] = {source->token, source->Told(source->readiness->ready())};
    }
    return count;
  }

 private:
  struct Source final : public Readiness::Watcher {
    Set* set;
    std::shared_ptr<Readiness> readiness;
    uint64_t token = 0;
    int interest = 0;
    bool is_ready = false;
    std::list<Source*>::iterator place;

    // As epoll has it: an end is always told, and something that can be taken.
    int Told(int ready) const {
      if (ready & kDisconnected) ready |= kReady | kRoom;
      return ready & interest;
    }
    void OnReadiness(int ready) override { SetReady(Told(ready) != 0); }
    void SetReady(bool ready) {
      if (ready == is_ready) return;
      is_ready = ready;
      if (ready) {
        place = set->queue_.insert(set->queue_.end(), this);
      } else {
        set->queue_.erase(place);
      }
      set->Readiness::Set(set->queue_.empty() ? 0 : kReady);
    }
  };

  std::unordered_map<int, Source> sources_;  // its elements stay where they are
  std::list<Source*> queue_;                 // those that are ready
};

Selector Selector::Create() {
  Selector selector;
  selector.set_ = std::make_shared<Set>();
  Readiness::Publish(selector.set_);
  return selector;
}

int Selector::fd() const {
  return valid() ? set_->id() : -1;
}

int Selector::Add(int id, uint64_t token, int interest) {
  if (!valid()) return UV_EBADF;
  auto readiness = Readiness::Find(id);
  // Only what belongs to this library can be waited for together.
  if (readiness == nullptr) return UV_ENOTSUP;
  auto lock = Readiness::Acquire();
  return set_->Add(readiness, token, interest);
}

int Selector::Modify(int id, uint64_t token, int interest) {
  if (!valid()) return UV_EBADF;
  auto lock = Readiness::Acquire();
  return set_->Modify(id, token, interest);
}

int Selector::Remove(int id) {
  if (!valid()) return UV_EBADF;
  std::shared_ptr<Readiness> removed;
  auto lock = Readiness::Acquire();
  return set_->Remove(id, removed);
}

int Selector::Wait(int milliseconds, Ready* ready, int capacity) {
  if (!valid()) return UV_EBADF;
  if (set_->Wait(kReady, milliseconds) == 0) return 0;
  auto lock = Readiness::Acquire();
  return set_->Take(ready, capacity);
}

class Waker::Counter final : public Readiness {
 public:
  void Put(int ready) {
    auto lock = Acquire();
    Set(ready);
  }
};

Waker Waker::Create() {
  Waker waker;
  waker.counter_ = std::make_shared<Counter>();
  Readiness::Publish(waker.counter_);
  return waker;
}

// Those that are on their way from one thread to another.
struct Waker::Shared {
  Mutex mutex;
  int last = 0;
  std::unordered_map<int, std::shared_ptr<Counter>> all;

  // Outlives the threads that are still running at exit.
  static Shared& Get() {
    static auto& shared = *new Shared;
    return shared;
  }
};

Waker Waker::Take(int number) {
  Shared& shared = Shared::Get();
  Waker waker;
  std::lock_guard<Mutex> lock(shared.mutex);
  auto found = shared.all.find(number);
  if (found == shared.all.end()) {
    SetLastFailure(UV_EBADF);
    return waker;
  }
  waker.counter_ = std::move(found->second);
  shared.all.erase(found);
  return waker;
}

void Waker::Drop(int number) {
  Take(number);
}

int Waker::Share() const {
  if (!valid()) return UV_EBADF;
  Shared& shared = Shared::Get();
  std::lock_guard<Mutex> lock(shared.mutex);
  shared.all.emplace(++shared.last, counter_);
  return shared.last;
}

int Waker::fd() const {
  return valid() ? counter_->id() : -1;
}

void Waker::Wake() {
  if (valid()) counter_->Put(kReady);
}

void Waker::Drain() {
  if (valid()) counter_->Put(0);
}

}  // namespace gips
