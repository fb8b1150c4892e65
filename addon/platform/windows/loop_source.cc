#include "loop_source.h"

#include <memory>

#include "readiness.h"

namespace gips {

static_assert(kReady == UV_READABLE && kRoom == UV_WRITABLE && kDisconnected == UV_DISCONNECT, "readiness is told as libuv tells it");

namespace {

// Milliseconds after which a source is asked that would not tell of its end by itself.
constexpr uint64_t kAskingInterval = 200;

}  // namespace

struct LoopSource::Handle final : public Readiness::Watcher {
  uv_async_t async;
  uv_timer_t timer;
  int open_handles = 2;
  std::shared_ptr<Readiness> readiness;
  Listener* listener;
  LoopHandles* handles;
  int events = 0;
  bool is_closed = false;

  void OnReadiness(int ready) override {
    if (ready & events) uv_async_send(&async);
  }

  static void OnAsync(uv_async_t* async) {
    auto* handle = static_cast<Handle*>(async->data);
    int ready;
    {
      auto lock = Readiness::Acquire();
      ready = handle->readiness->ready() & handle->events;
    }
    if (ready != 0) handle->listener->OnReady(0, ready);
    if (handle->is_closed) return;
    auto lock = Readiness::Acquire();
    handle->OnReadiness(handle->readiness->ready());
  }

  static void OnTimer(uv_timer_t* timer);
  static void OnClosed(uv_handle_t* closed);
};

void LoopSource::Handle::OnTimer(uv_timer_t* timer) {
  auto* handle = static_cast<Handle*>(timer->data);
  auto lock = Readiness::Acquire();
  handle->readiness->Refresh();
}

void LoopSource::Handle::OnClosed(uv_handle_t* closed) {
  auto* handle = static_cast<Handle*>(closed->data);
  if (--handle->open_handles > 0) return;
  LoopHandles* handles = handle->handles;
  delete handle;
  handles->OnHandleClosed();
}

int LoopSource::Open(uv_loop_t* loop, int id, Listener* listener, LoopHandles* handles) {
  auto readiness = Readiness::Find(id);
  if (readiness == nullptr) return UV_EBADF;
  auto* handle = new Handle;
  int error = uv_async_init(loop, &handle->async, Handle::OnAsync);
  if (error != 0) {
    delete handle;
    return error;
  }
  handle->async.data = handle;
  uv_timer_init(loop, &handle->timer);
  handle->timer.data = handle;
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle->timer));
  handle->readiness = std::move(readiness);
  handle->listener = listener;
  handle->handles = handles;
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle->async));
  handles->OnHandleOpened();
  handle_ = handle;
  auto lock = Readiness::Acquire();
  handle->readiness->Add(handle);
  return 0;
}

void LoopSource::Watch(int events) {
  if (events == handle_->events) return;
  if (events == kDisconnected) {
    uv_timer_start(&handle_->timer, Handle::OnTimer, kAskingInterval, kAskingInterval);
  } else {
    uv_timer_stop(&handle_->timer);
  }
  auto lock = Readiness::Acquire();
  handle_->events = events;
  handle_->OnReadiness(handle_->readiness->ready());
}

void LoopSource::SetReferenced(bool referenced) {
  if (referenced == referenced_) return;
  referenced_ = referenced;
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_->async);
  if (referenced) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void LoopSource::Close() {
  if (handle_ == nullptr) return;
  Handle* handle = handle_;
  handle_ = nullptr;
  referenced_ = false;
  handle->is_closed = true;
  {
    auto lock = Readiness::Acquire();
    handle->readiness->Remove(handle);
  }
  // Its memory is still looked at when OnAsync is what led here, which ends before the callback.
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->async), Handle::OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->timer), Handle::OnClosed);
}

}  // namespace gips
