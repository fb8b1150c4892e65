// A descriptor watched by a libuv loop.
#pragma once

#include <uv.h>

namespace gips {

// Counts the handles that libuv has not let go of yet: an environment may not end before they are all closed.
class LoopHandles {
 public:
  virtual ~LoopHandles() = default;
  virtual void OnHandleOpened() = 0;
  virtual void OnHandleClosed() = 0;
};

class LoopSource {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `status` < 0: an error is pending on the descriptor, which libuv no longer watches. The source may be closed during the call.
    virtual void OnReady(int status, int events) = 0;
  };

  LoopSource() = default;
  ~LoopSource() { Close(); }
  LoopSource(const LoopSource&) = delete;
  LoopSource& operator=(const LoopSource&) = delete;

  bool open() const { return poll_ != nullptr; }
  // The descriptor must be non-blocking and watched by nothing else of this loop (uv_poll_init). Starts unreferenced. 0 or a uv error.
  int Open(uv_loop_t* loop, int fd, Listener* listener, LoopHandles* handles);
  // UV_READABLE, UV_WRITABLE, UV_DISCONNECT; 0 watches nothing.
  void Watch(int events);
  void SetReferenced(bool referenced);
  // After it returns the descriptor may be closed: uv_close of a uv_poll_t takes it out of epoll at once (uv__platform_invalidate_fd);
  // only the memory has to wait for the callback.
  void Close();

 private:
  struct Handle;
  Handle* poll_ = nullptr;
  int events_ = 0;
  bool referenced_ = false;
};

}  // namespace gips
