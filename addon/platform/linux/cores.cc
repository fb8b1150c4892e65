#include "cores.h"

#include <sched.h>

namespace gips {

bool HasOtherCores() {
  cpu_set_t allowed;
  // EINVAL: more cores than this set has room for (sched_getaffinity(2)).
  return sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) > 1;
}

}  // namespace gips
