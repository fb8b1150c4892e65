// A thread that waits for something so that no other has to: with a small stack.
#pragma once

#include "descriptor.h"

namespace gips {

class HelperThread {
 public:
  using Body = void (*)(void* data);

  // 0 or a negative error of libuv's. `name` is for debuggers.
  static int Start(HelperThread& thread, const char* name, Body body, void* data);
  bool started() const { return thread_.valid(); }
  // Waits for the end. Exactly once for each that was started.
  void Join();

 private:
  Descriptor thread_;
};

}  // namespace gips
