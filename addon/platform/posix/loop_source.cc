#include "loop_source.h"

namespace gips {

struct LoopSource::Handle {
  uv_poll_t poll;
  LoopSource* source;
  Listener* listener;
  LoopHandles* handles;
};

int LoopSource::Open(uv_loop_t* loop, int fd, Listener* listener, LoopHandles* handles) {
  auto* handle = new Handle{{}, this, listener, handles};
  int error = uv_poll_init(loop, &handle->poll, fd);
  if (error != 0) {
    delete handle;
    return error;
  }
  handle->poll.data = handle;
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle->poll));
  handles->OnHandleOpened();
  poll_ = handle;
  return 0;
}

void LoopSource::Watch(int events) {
  if (events == events_) return;
  events_ = events;
  if (events == 0) {
    uv_poll_stop(&poll_->poll);
    return;
  }
  uv_poll_start(&poll_->poll, events, [](uv_poll_t* poll, int status, int ready) {
    auto* handle = static_cast<Handle*>(poll->data);
    if (status < 0) handle->source->events_ = 0;  // uv__poll_io has stopped it
    handle->listener->OnReady(status, ready);
  });
}

void LoopSource::SetReferenced(bool referenced) {
  if (referenced == referenced_) return;
  referenced_ = referenced;
  auto* handle = reinterpret_cast<uv_handle_t*>(&poll_->poll);
  if (referenced) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void LoopSource::Close() {
  if (poll_ == nullptr) return;
  auto* handle = reinterpret_cast<uv_handle_t*>(&poll_->poll);
  poll_ = nullptr;
  events_ = 0;
  referenced_ = false;
  uv_close(handle, [](uv_handle_t* closed) {
    auto* handle = static_cast<Handle*>(closed->data);
    LoopHandles* handles = handle->handles;
    delete handle;
    handles->OnHandleClosed();
  });
}

}  // namespace gips
