// What all handles of one Node environment share: the loop's end-of-turn flush, the receive buffers, the way into JavaScript, and the end.
// One process may hold many environments (workers, test sandboxes), so nothing here is global.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "core/packet_pool.h"
#include "loop_source.h"
#include "transport.h"

namespace gips {

constexpr int kRecordSize = 6;
// One packet holds at most 4,100 frames; room for two such, so that several ordinary packets make one batch.
constexpr size_t kMaxFramesPerPacket = kMaxPacket / kHeaderSize;
constexpr size_t kMaxRecords = 2 * kMaxFramesPerPacket;

// A link in a circular list; alone it is a list of itself. Whoever goes away unlinks itself, whatever list it is in.
class DirtyLink {
 public:
  bool linked() const { return next_ != this; }
  DirtyLink* next() const { return next_; }

  void LinkBefore(DirtyLink& other) {
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = next_->previous_ = this;
  }

  void Unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 private:
  DirtyLink* previous_ = this;
  DirtyLink* next_ = this;
};

enum class FlushResult {
  Done,   // or the socket will say when it goes on
  Again,  // next turn: the others come first
  Later,  // a system limit: nobody will say when
};

// A handle that has to be closed before its environment ends, and may have output to flush at the end of the turn.
class EnvironmentHandle : public DirtyLink {
 public:
  virtual ~EnvironmentHandle() = default;
  virtual void Shutdown() = 0;
  // May run JavaScript, which may close this handle or any other.
  virtual FlushResult FlushTurn() { return FlushResult::Done; }
  // Another one needs the stage.
  virtual void LeaveStage() {}
  // Gives back what has not been used for a while. True if there is more of that. Runs no JavaScript.
  virtual bool Tidy() { return false; }

  size_t index = 0;  // in Environment::handles_
};

class Waiting;

// A packet that JavaScript fills by itself, without a call for each message. It is lent to one channel at a time, and only until the turn
// ends.
struct Stage {
  uint8_t* data = nullptr;
  EnvironmentHandle* user = nullptr;
};

class Environment final : public LoopHandles, public std::enable_shared_from_this<Environment> {
 public:
  static std::shared_ptr<Environment> Create(Napi::Env env);
  static std::shared_ptr<Environment> Of(Napi::Env env);
  explicit Environment(Napi::Env env);

  void Add(EnvironmentHandle* handle);
  void Remove(EnvironmentHandle* handle);

  // Calls handle->FlushTurn() when the loop turn ends. `holds_bytes`: the loop must not end before that.
  void MarkDirty(EnvironmentHandle* handle, bool holds_bytes);
  void FlushDirty();

  // Calls Tidy() of all handles from time to time, as long as there is something to tidy.
  void TidyLater();

  enum class Event { Batch, Writable, Acceptable, Waited };
  void SetDispatch(Event event, Napi::Function function);
  // Calls the installed function and runs the microtasks behind it. A thrown error becomes an uncaught exception. Does nothing in an
  // environment that is being terminated: its loop runs once more with everything still open, when no JavaScript may run.
  void Dispatch(Event event, std::initializer_list<napi_value> arguments);

  void OnHandleOpened() override { loop_handles_++; }
  void OnHandleClosed() override;

  Napi::Float64Array SharedRecords() const { return shared_records_.Value(); }
  Napi::ArrayBuffer SharedStage() const { return shared_stage_.Value(); }
  Napi::Float64Array SharedTurn() const { return shared_turn_.Value(); }

  Napi::Env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }

  PacketPool packets;
  uint8_t receive_buffer[kMaxPacket + Transport::kMaxTail];
  std::vector<uint8_t> large_buffer;  // for raw packets beyond that
  Stage stage;
  double* records;  // shared with JavaScript, as is `turn`
  double* turn;

  Napi::FunctionReference channel_class;
  Napi::FunctionReference acceptor_class;
  Napi::FunctionReference descriptor_class;
  Napi::FunctionReference mutex_class;
  Napi::FunctionReference region_class;
  Napi::FunctionReference selector_class;
  Napi::FunctionReference waker_class;

  std::shared_ptr<Waiting> waiting;  // made at its first use

 private:
  void OpenTurnHandles();
  void StopTurn();
  void RetryIn(uint64_t milliseconds);
  void EndTurn();
  void Tidy();
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);

  Napi::Env env_;
  uv_loop_t* loop_ = nullptr;
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;
  Napi::FunctionReference dispatch_[4];
  Napi::Reference<Napi::Float64Array> shared_records_;
  Napi::Reference<Napi::Float64Array> shared_turn_;
  Napi::Reference<Napi::ArrayBuffer> shared_stage_;
  std::vector<EnvironmentHandle*> handles_;
  DirtyLink dirty_;
  bool is_flushing_ = false;
  size_t loop_handles_ = 0;
  bool ending_ = false;

  // The loop's turn ends twice: before it polls (sends made in timers and elsewhere) and after (sends made in other libraries' callbacks).
  struct TurnHandles {
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t retry;
    uv_timer_t tidy;
  };
  std::unique_ptr<TurnHandles> turn_handles_;
};

}  // namespace gips
