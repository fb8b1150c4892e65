#include "core/large_memory.h"

namespace gips {

// Large pages need a privilege that ordinary users lack (SeLockMemoryPrivilege), and cannot be asked for afterwards.
void PreferLargePages(uint8_t*, size_t) {}

}  // namespace gips
