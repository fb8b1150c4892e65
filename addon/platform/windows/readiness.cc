#include "readiness.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>

namespace gips {

namespace {

// Far from the numbers of files, which users might take for these.
constexpr int kFirstId = 1 << 24;

struct Registry {
  Mutex mutex;
  int last_id = kFirstId;
  std::unordered_map<int, std::weak_ptr<Readiness>> all;
};

// Outlives the threads that are still running at exit.
Registry& TheRegistry() {
  static auto& registry = *new Registry;
  return registry;
}

int NewId(Registry& registry) {
  return ++registry.last_id;
}

}  // namespace

Readiness::Lock Readiness::Acquire() {
  return Lock(TheRegistry().mutex);
}

std::shared_ptr<Readiness> Readiness::Find(int id) {
  Lock lock = Acquire();
  auto found = TheRegistry().all.find(id);
  return found != TheRegistry().all.end() ? found->second.lock() : nullptr;
}

Readiness::Readiness() : id_((Acquire(), NewId(TheRegistry()))) {}

Readiness::~Readiness() {
  Lock lock = Acquire();
  TheRegistry().all.erase(id_);
}

void Readiness::Publish(const std::shared_ptr<Readiness>& readiness) {
  Lock lock = Acquire();
  TheRegistry().all.emplace(readiness->id_, readiness);
}

int Readiness::Wait(int events, int milliseconds) {
  Lock lock = Acquire();
  changed_.wait_for(lock, std::chrono::milliseconds(milliseconds), [&] { return (ready_ & events) != 0; });
  return ready_ & events;
}

void Readiness::Remove(Watcher* watcher) {
  watchers_.erase(std::remove(watchers_.begin(), watchers_.end(), watcher), watchers_.end());
}

void Readiness::Set(int ready) {
  if (ready == ready_) return;
  ready_ = ready;
  changed_.notify_all();
  for (Watcher* watcher : watchers_) watcher->OnReadiness(ready);
}

}  // namespace gips
