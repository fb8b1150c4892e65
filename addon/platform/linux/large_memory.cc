#include "core/large_memory.h"

#include <sys/mman.h>

namespace gips {

namespace {

constexpr uintptr_t kPage = 4096;

// Below it, the allocator has memory at hand that is in use already (M_MMAP_THRESHOLD in mallopt(3) adapts to it).
constexpr size_t kFrom = 4 * 1024 * 1024;

}  // namespace

// Faulting in 64 MiB by pages of 4 KiB takes several times as long as filling it; by pages of 2 MiB, it does not (madvise(2)).
void PreferLargePages(uint8_t* memory, size_t size) {
  if (size < kFrom) return;
  auto begin = (reinterpret_cast<uintptr_t>(memory) + kPage - 1) & ~(kPage - 1);
  auto end = (reinterpret_cast<uintptr_t>(memory) + size) & ~(kPage - 1);
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace gips
