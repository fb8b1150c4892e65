#include "core/spin.h"

#include <windows.h>

namespace gips {

void Spin::Pause() {
  YieldProcessor();
}

void Spin::GiveWay() {
  SwitchToThread();
}

}  // namespace gips
