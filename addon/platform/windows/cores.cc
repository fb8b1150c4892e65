#include "cores.h"

#include <windows.h>

namespace gips {

bool HasOtherCores() {
  DWORD_PTR allowed = 0;
  DWORD_PTR all = 0;
  // 0: threads of this process run in several groups of processors (GetProcessAffinityMask).
  return !GetProcessAffinityMask(GetCurrentProcess(), &allowed, &all) || allowed == 0 || (allowed & (allowed - 1)) != 0;
}

}  // namespace gips
