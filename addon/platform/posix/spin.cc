#include "core/spin.h"

#include <sched.h>

namespace gips {

void Spin::Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void Spin::GiveWay() {
  sched_yield();
}

}  // namespace gips
