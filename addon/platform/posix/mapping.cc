#include "mapping.h"

#include <sys/mman.h>

namespace gips {

std::shared_ptr<Mapping> Mapping::Map(int fd, size_t size, Access access, bool populate) {
  int protection = PROT_READ | (access == Access::Write ? PROT_WRITE : 0);
  int flags = MAP_SHARED | (populate ? MAP_POPULATE : 0);
  void* address = mmap(nullptr, size, protection, flags, fd, 0);
  if (address == MAP_FAILED) return nullptr;
  return std::make_shared<Mapping>(static_cast<uint8_t*>(address), size);
}

Mapping::~Mapping() {
  if (!is_forsaken_) munmap(address_, size_);
}

// mmap(2) replaces what MAP_FIXED overlaps in one step: there is no moment without pages. Where it fails (RLIMIT_DATA, strict
// overcommitment) everything stays as it was, which is as safe: the file's memory is then freed with the last reference.
void Mapping::Retire() {
  mmap(address_, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

}  // namespace gips
