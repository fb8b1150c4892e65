// What all handles of one Node environment share: the loop's end-of-turn flush, the receive buffers, the way into JavaScript, and the end.
// One process may hold many environments (workers, test sandboxes), so nothing here is global.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "core/packet_pool.h"
#include "loop_source.h"

namespace gips {

constexpr int kRecordSize = 6;
// One packet holds at most 4,100 frames; room for two such, so that several ordinary packets make one batch.
constexpr size_t kMaxFramesPerPacket = kMaxPacket / kHeaderSize;
constexpr size_t kMaxRecords = 2 * kMaxFramesPerPacket;

// A handle that has to be closed before its environment ends, and may have output to flush at the end of the turn.
class EnvironmentHandle {
 public:
  virtual ~EnvironmentHandle() = default;
  virtual void Shutdown() = 0;
  // True if it has to be tried again a little later (a system limit, nobody will call).
  virtual bool FlushTurn() { return false; }

  bool dirty = false;
  size_t index = 0;  // in Environment::handles_
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

  enum class Event { Batch, Writable, Acceptable };
  void SetDispatch(Event event, Napi::Function function);
  // Calls the installed function and runs the microtasks behind it. A thrown error becomes an uncaught exception.
  void Dispatch(Event event, std::initializer_list<napi_value> arguments);

  void OnHandleOpened() override { loop_handles_++; }
  void OnHandleClosed() override;

  Napi::Float64Array SharedRecords() const { return shared_records_.Value(); }
  Napi::Float64Array SharedTurn() const { return shared_turn_.Value(); }

  Napi::Env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }

  PacketPool packets;
  uint8_t receive_buffer[kMaxPacket];
  uint8_t string_buffer[kMaxFramePayload];
  double* records;  // shared with JavaScript, as is `turn`
  double* turn;

  Napi::FunctionReference channel_class;
  Napi::FunctionReference acceptor_class;
  Napi::FunctionReference descriptor_class;
  Napi::FunctionReference selector_class;
  Napi::FunctionReference waker_class;

 private:
  void OpenTurnHandles();
  void StopTurn();
  void EndTurn();
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);

  Napi::Env env_;
  uv_loop_t* loop_ = nullptr;
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;
  Napi::FunctionReference dispatch_[3];
  Napi::Reference<Napi::Float64Array> shared_records_;
  Napi::Reference<Napi::Float64Array> shared_turn_;
  std::vector<EnvironmentHandle*> handles_;
  std::vector<EnvironmentHandle*> dirty_;
  std::vector<EnvironmentHandle*> flushing_;
  size_t loop_handles_ = 0;
  bool ending_ = false;

  // The loop's turn ends twice: before it polls (sends made in timers and elsewhere) and after (sends made in other libraries' callbacks).
  struct TurnHandles {
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t retry;
  };
  std::unique_ptr<TurnHandles> turn_handles_;
};

}  // namespace gips
