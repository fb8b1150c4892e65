#include "binding/environment.h"

#include <algorithm>

namespace gips {

namespace {

constexpr uint64_t kRetryMilliseconds = 10;
constexpr uint64_t kTidyMilliseconds = 1000;

template <typename Handle>
uv_handle_t* AsHandle(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace

std::shared_ptr<Environment> Environment::Create(Napi::Env env) {
  auto environment = std::make_shared<Environment>(env);
  // Wrapped objects may be finalized after the instance data: each holds the environment by a pointer of its own.
  env.SetInstanceData(new std::shared_ptr<Environment>(environment));
  return environment;
}

std::shared_ptr<Environment> Environment::Of(Napi::Env env) {
  return *env.GetInstanceData<std::shared_ptr<Environment>>();
}

Environment::Environment(Napi::Env env) : env_(env) {
  napi_get_uv_event_loop(env, &loop_);
  napi_async_init(env, nullptr, Napi::String::New(env, "gips"), &async_context_);
  // Allocated by the engine: Electron forbids buffers over foreign memory.
  shared_records_ = Napi::Persistent(Napi::Float64Array::New(env, kMaxRecords * kRecordSize));
  shared_turn_ = Napi::Persistent(Napi::Float64Array::New(env, 1));
  shared_stage_ = Napi::Persistent(Napi::ArrayBuffer::New(env, kMaxPacket));
  stage.data = static_cast<uint8_t*>(shared_stage_.Value().Data());
  records = shared_records_.Value().Data();
  turn = shared_turn_.Value().Data();
  napi_add_async_cleanup_hook(env, OnEnvironmentEnd, this, &cleanup_hook_);
}

void Environment::Add(EnvironmentHandle* handle) {
  handle->index = handles_.size();
  handles_.push_back(handle);
}

void Environment::Remove(EnvironmentHandle* handle) {
  handles_.back()->index = handle->index;
  handles_[handle->index] = handles_.back();
  handles_.pop_back();
  handle->Unlink();
  if (!dirty_.linked()) StopTurn();
}

void Environment::MarkDirty(EnvironmentHandle* handle, bool holds_bytes) {
  if (ending_) return;
  if (!handle->linked()) handle->LinkBefore(dirty_);
  OpenTurnHandles();
  uv_prepare_start(&turn_handles_->prepare, [](uv_prepare_t* prepare) { static_cast<Environment*>(prepare->data)->EndTurn(); });
  uv_check_start(&turn_handles_->check, [](uv_check_t* check) { static_cast<Environment*>(check->data)->EndTurn(); });
  if (holds_bytes) uv_ref(AsHandle(&turn_handles_->prepare));
  // Sent by somebody who was told of room while the turn ended: the loop may be about to sleep.
  if (is_flushing_) RetryIn(0);
}

void Environment::EndTurn() {
  ++*turn;
  FlushDirty();
}

void Environment::FlushDirty() {
  if (is_flushing_) return;
  StopTurn();
  is_flushing_ = true;
  // What becomes dirty on the way stands behind the mark, for the next time.
  DirtyLink mark;
  mark.LinkBefore(dirty_);
  while (dirty_.next() != &mark) {
    auto* handle = static_cast<EnvironmentHandle*>(dirty_.next());
    handle->Unlink();
    FlushResult result = handle->FlushTurn();
    if (result == FlushResult::Done) continue;
    if (!handle->linked()) handle->LinkBefore(dirty_);
    RetryIn(result == FlushResult::Again ? 0 : kRetryMilliseconds);
  }
  mark.Unlink();
  is_flushing_ = false;
  if (!dirty_.linked()) StopTurn();
}

// Only a timer keeps the loop from sleeping: an active prepare handle does not (uv_backend_timeout).
void Environment::RetryIn(uint64_t milliseconds) {
  OpenTurnHandles();
  uv_timer_t* timer = &turn_handles_->retry;
  if (uv_is_active(AsHandle(timer)) && uv_timer_get_due_in(timer) <= milliseconds) return;
  auto on_retry = [](uv_timer_t* retry) { static_cast<Environment*>(retry->data)->FlushDirty(); };
  uv_timer_start(timer, on_retry, milliseconds, 0);
}

void Environment::TidyLater() {
  if (ending_) return;
  OpenTurnHandles();
  uv_timer_t* timer = &turn_handles_->tidy;
  if (uv_is_active(AsHandle(timer))) return;
  uv_timer_start(
      timer, [](uv_timer_t* tidy) { static_cast<Environment*>(tidy->data)->Tidy(); }, kTidyMilliseconds, 0);
}

void Environment::Tidy() {
  bool rest = false;
  for (EnvironmentHandle* handle : handles_) rest |= handle->Tidy();
  if (rest) TidyLater();
}

void Environment::OpenTurnHandles() {
  if (turn_handles_ != nullptr) return;
  turn_handles_ = std::make_unique<TurnHandles>();
  uv_prepare_init(loop_, &turn_handles_->prepare);
  uv_check_init(loop_, &turn_handles_->check);
  uv_timer_init(loop_, &turn_handles_->retry);
  uv_timer_init(loop_, &turn_handles_->tidy);
  turn_handles_->prepare.data = turn_handles_->check.data = turn_handles_->retry.data = turn_handles_->tidy.data = this;
  uv_unref(AsHandle(&turn_handles_->prepare));
  uv_unref(AsHandle(&turn_handles_->check));
  uv_unref(AsHandle(&turn_handles_->tidy));
  loop_handles_ += 4;
}

void Environment::StopTurn() {
  if (turn_handles_ == nullptr) return;
  uv_prepare_stop(&turn_handles_->prepare);
  uv_unref(AsHandle(&turn_handles_->prepare));
  uv_check_stop(&turn_handles_->check);
}

void Environment::SetDispatch(Event event, Napi::Function function) {
  dispatch_[static_cast<size_t>(event)] = Napi::Persistent(function);
}

void Environment::Dispatch(Event event, std::initializer_list<napi_value> arguments) {
  napi_value ignored;
  Napi::Function function = dispatch_[static_cast<size_t>(event)].Value();
  napi_status status = napi_make_callback(env_, async_context_, env_.Global(), function, arguments.size(), arguments.begin(), &ignored);
  if (status != napi_pending_exception) return;
  napi_value error;
  if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
}

void Environment::OnHandleClosed() {
  loop_handles_--;
  if (!ending_ || loop_handles_ > 0) return;
  napi_remove_async_cleanup_hook(cleanup_hook_);
}

// A terminated worker comes here with everything still open. Closing loop handles takes another turn of the loop, and libuv's loop may not
// be closed before: hence the asynchronous hook, which the last closed handle removes.
void Environment::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  auto environment = static_cast<Environment*>(data)->shared_from_this();
  environment->ending_ = true;
  napi_async_destroy(environment->env_, environment->async_context_);
  environment->loop_handles_++;  // keeps the count above zero until everything has been asked to close
  while (!environment->handles_.empty()) environment->handles_.back()->Shutdown();
  if (environment->turn_handles_ != nullptr) {
    auto close = [](uv_handle_t* handle) { static_cast<Environment*>(handle->data)->OnHandleClosed(); };
    uv_close(AsHandle(&environment->turn_handles_->prepare), close);
    uv_close(AsHandle(&environment->turn_handles_->check), close);
    uv_close(AsHandle(&environment->turn_handles_->retry), close);
    uv_close(AsHandle(&environment->turn_handles_->tidy), close);
  }
  environment->OnHandleClosed();
}

}  // namespace gips
