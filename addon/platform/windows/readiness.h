// What can be waited for by a loop, a selector or a thread. Windows has no readiness, only the ends of operations: this is what they are
// turned into. A readiness has a number, which stands for it wherever POSIX has a descriptor.
#pragma once

#include <memory>
#include <vector>

#include "mutex.h"

namespace gips {

// Bits, as libuv has them.
constexpr int kReady = 1;         // something can be taken
constexpr int kRoom = 2;          // something can be given
constexpr int kDisconnected = 4;  // nothing more will come

class Readiness {
 public:
  // Is told, with the lock held, when something has become ready or unready.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void OnReadiness(int ready) = 0;
  };

  // One lock for all of them, because readiness travels: from pipes to selectors, and from selectors to those they are in. It is only ever
  // held for moments.
  using Lock = std::unique_lock<Mutex>;
  static Lock Acquire();

  // Null if nobody has this number (any more).
  static std::shared_ptr<Readiness> Find(int id);

  Readiness();
  virtual ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  int id() const { return id_; }
  // To be called once it is owned by a shared pointer: it can be found from now on.
  static void Publish(const std::shared_ptr<Readiness>& readiness);

  // Waits for one of `events`; those that are ready, 0 on timeout.
  int Wait(int events, int milliseconds);

  // With the lock held: finds out what nobody would tell.
  virtual void Refresh() {}

  // With the lock held.
  int ready() const { return ready_; }
  void Add(Watcher* watcher) { watchers_.push_back(watcher); }
  void Remove(Watcher* watcher);

 protected:
  // With the lock held.
  void Set(int ready);

 private:
  const int id_;
  int ready_ = 0;
  std::vector<Watcher*> watchers_;
  Condition changed_;
};

}  // namespace gips
