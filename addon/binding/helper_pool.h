// Threads for calls that block: one for each call, because who waits for a wake-up cannot at the same time wait for another.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "helper_thread.h"
#include "mutex.h"

namespace gips {

class HelperPool {
 public:
  class Job {
   public:
    virtual ~Job() = default;
    // On a thread of the pool, which handles no signals and has a small stack.
    virtual void Run() = 0;
    // Makes Run return soon; on any thread, before, during or after it. May be called again and again.
    virtual void Cancel() = 0;

   private:
    friend class HelperPool;
    bool is_done_ = true;
  };

  // `on_done` is called on the threads of the pool.
  explicit HelperPool(std::function<void(const std::shared_ptr<Job>&)> on_done) : on_done_(std::move(on_done)) {}
  ~HelperPool();
  HelperPool(const HelperPool&) = delete;
  HelperPool& operator=(const HelperPool&) = delete;

  // 0 or a negative error of libuv's. The job may be submitted again when it is done.
  int Submit(std::shared_ptr<Job> job);
  bool IsDone(const Job& job);
  // False if it is not done after that time.
  bool WaitFor(const Job& job, int milliseconds);
  // Cancels the job if it is not done, and waits for its end.
  void Finish(Job& job);

 private:
  using Threads = std::list<HelperThread>;
  struct Assignment {
    HelperPool* pool;
    Threads::iterator thread;
  };

  static void Body(void* assignment);
  void Work(Threads::iterator thread);
  void JoinEnded();

  std::function<void(const std::shared_ptr<Job>&)> on_done_;
  Mutex mutex_;
  Condition submitted_;
  Condition done_;
  std::deque<std::shared_ptr<Job>> queue_;
  size_t idle_ = 0;  // threads that have no job, those that are starting included
  bool is_ending_ = false;
  Threads threads_;
  Threads ended_;  // have said that they end, and are still to be joined
};

}  // namespace gips
