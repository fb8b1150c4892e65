#include "binding/helper_pool.h"

#include <chrono>

namespace gips {

namespace {

constexpr auto kIdleTime = std::chrono::seconds(1);
constexpr auto kCancelInterval = std::chrono::milliseconds(1);

}  // namespace

int HelperPool::Submit(std::shared_ptr<Job> job) {
  JoinEnded();
  std::lock_guard<Mutex> lock(mutex_);
  if (queue_.size() >= idle_) {
    auto thread = threads_.emplace(threads_.end());
    auto assignment = std::make_unique<Assignment>(Assignment{this, thread});
    int error = HelperThread::Start(*thread, "gips-wait", Body, assignment.get());
    if (error != 0) {
      threads_.erase(thread);
      return error;
    }
    assignment.release();
    idle_++;
  }
  job->is_done_ = false;
  queue_.push_back(std::move(job));
  submitted_.notify_one();
  return 0;
}

void HelperPool::Body(void* data) {
  std::unique_ptr<Assignment> assignment(static_cast<Assignment*>(data));
  assignment->pool->Work(assignment->thread);
}

void HelperPool::Work(Threads::iterator thread) {
  std::unique_lock<Mutex> lock(mutex_);
  while (submitted_.wait_for(lock, kIdleTime, [this] { return is_ending_ || !queue_.empty(); }) && !queue_.empty()) {
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    idle_--;
    lock.unlock();
    job->Run();
    lock.lock();
    idle_++;
    job->is_done_ = true;
    on_done_(job);
    done_.notify_all();
  }
  idle_--;
  ended_.splice(ended_.end(), threads_, thread);
  // With the lock held: the pool may be gone as soon as it is not, but for this thread being joined.
  done_.notify_all();
}

bool HelperPool::IsDone(const Job& job) {
  std::lock_guard<Mutex> lock(mutex_);
  return job.is_done_;
}

bool HelperPool::WaitFor(const Job& job, int milliseconds) {
  std::unique_lock<Mutex> lock(mutex_);
  return done_.wait_for(lock, std::chrono::milliseconds(milliseconds), [&job] { return job.is_done_; });
}

void HelperPool::Finish(Job& job) {
  std::unique_lock<Mutex> lock(mutex_);
  while (!job.is_done_) {
    job.Cancel();
    done_.wait_for(lock, kCancelInterval, [&job] { return job.is_done_; });
  }
}

void HelperPool::JoinEnded() {
  Threads ended;
  {
    std::lock_guard<Mutex> lock(mutex_);
    ended.swap(ended_);
  }
  for (HelperThread& thread : ended) thread.Join();
}

// Every job is done by now.
HelperPool::~HelperPool() {
  {
    std::unique_lock<Mutex> lock(mutex_);
    is_ending_ = true;
    submitted_.notify_all();
    done_.wait(lock, [this] { return threads_.empty(); });
  }
  JoinEnded();
}

}  // namespace gips
