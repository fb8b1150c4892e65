// A readiness watched by a libuv loop.
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
    // `status` is 0. The source may be closed during the call.
    virtual void OnReady(int status, int events) = 0;
  };

  LoopSource() = default;
  ~LoopSource() { Close(); }
  LoopSource(const LoopSource&) = delete;
  LoopSource& operator=(const LoopSource&) = delete;

  bool open() const { return handle_ != nullptr; }
  // `id`: of a Readiness. Starts unreferenced. 0 or a uv error.
  int Open(uv_loop_t* loop, int id, Listener* listener, LoopHandles* handles);
  // UV_READABLE, UV_WRITABLE, UV_DISCONNECT; 0 watches nothing. As with uv_poll, the listener is called as long as something of that is so.
  void Watch(int events);
  void SetReferenced(bool referenced);
  void Close();

 private:
  struct Handle;
  Handle* handle_ = nullptr;
  bool referenced_ = false;
};

}  // namespace gips
