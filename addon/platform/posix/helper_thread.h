// A thread that waits for something so that no other has to: a small stack, and no signal is ever handled on it.
#pragma once

#include <pthread.h>

namespace gips {

class HelperThread {
 public:
  using Body = void (*)(void* data);

  // 0 or a negative errno: EAGAIN when there may be no more threads. `name` is for debuggers: a constant of at most 15 characters.
  static int Start(HelperThread& thread, const char* name, Body body, void* data);
  // Waits for the end. Exactly once for each that was started.
  void Join() { pthread_join(thread_, nullptr); }

 private:
  pthread_t thread_ = {};
};

}  // namespace gips
