// What an environment waits for in shared memory: the calls under way on helper threads, and how their ends come back to JavaScript.
#pragma once

#include <napi.h>
#include <uv.h>

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "binding/environment.h"
#include "binding/helper_pool.h"
#include "mutex.h"
#include "robust_wait.h"

namespace gips {

// What lib/native/binding.ts calls WaitEnd; negative numbers are errors.
enum class Outcome { Woken, NotEqual, TimedOut, Acquired, AcquiredFromDead, Cancelled, Suspended, Pending };

class Waiting final : public EnvironmentHandle {
 public:
  class Call : public HelperPool::Job {
   public:
    void Cancel() override { cancellation_.Cancel(); }
    // JavaScript is told the outcome.
    virtual void Settle() {}
    // Nobody wants the outcome any more: what came with it is for others.
    virtual void Discard() = 0;
    // Undoes an outcome that JavaScript has not heard of, if others of this thread have to come first.
    virtual void GiveBack() {}

    int outcome = 0;

   protected:
    Cancellation cancellation_;

   private:
    friend class Waiting;
    uint32_t id_ = 0;
    bool is_blocking_ = false;
  };

  // Null with LastFailure().
  static Waiting* Of(Environment& environment);
  explicit Waiting(Environment& environment);
  ~Waiting() override;

  // The id of the call, or a negative error of libuv's. Its end is dispatched; that of a blocking call is asked for.
  int64_t Start(std::shared_ptr<Call> call, bool is_blocking);
  // The outcome of a blocking call, which then is forgotten, or Pending.
  int Wait(uint32_t id, int milliseconds);
  // Ends a blocking call, and tells how.
  int Finish(uint32_t id);
  void Discard(const std::vector<uint32_t>& ids);
  // Of a blocking call whose thread does something else now: it was interrupted (the `timeout` of vm, Ctrl+C in a REPL), which leaves no
  // chance to clean up, and will never ask for the end.
  void DiscardAbandoned();

  // The owner of this environment's locks; null with LastFailure().
  RobustOwner* Owner();
  // A blocking lock passes the asynchronous ones: they could not be told, nor give back what they got, while the thread is blocked. Until
  // the owner's Resume.
  void BeginBlocking();
  // The page a lock is in: one for all locks in it. Null with LastFailure().
  std::shared_ptr<RobustPage> PageOf(const std::shared_ptr<Mapping>& mapping, uint8_t* address);
  // The memory goes, which nobody waits in any more: locks that are held there get owners who learn of it as of a death.
  void RetirePagesOf(const Mapping& mapping);

  void Shutdown() override;

 private:
  int Open();
  void OnDone(const std::shared_ptr<HelperPool::Job>& job);
  void Deliver();
  std::shared_ptr<Call> Take(uint32_t id);
  void UpdateReference();

  Environment& environment_;
  uv_async_t* async_ = nullptr;
  std::unordered_map<uint32_t, std::shared_ptr<Call>> calls_;
  uint32_t last_id_ = 0;
  uint32_t blocking_id_ = 0;
  size_t dispatched_calls_ = 0;  // calls whose end JavaScript waits for
  Mutex done_mutex_;
  std::vector<uint32_t> done_;
  std::map<uint8_t*, std::weak_ptr<RobustPage>> pages_;
  size_t pages_before_purge_ = 16;
  std::unique_ptr<RobustOwner> owner_;
  std::unique_ptr<HelperPool> pool_;
};

}  // namespace gips
