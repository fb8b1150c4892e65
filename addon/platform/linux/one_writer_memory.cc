#include "one_writer_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "memory_file.h"

namespace gips {

namespace {

// Through its descriptor nobody can write any more, nor punch holes: the memory stays under either side's feet. The mapping that was made
// before stays writable. There is no such seal before Linux 5.1.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;

}  // namespace

std::shared_ptr<Mapping> CreateOneWriterMemory(const char* name, size_t size, Descriptor& file) {
  file = CreateMemoryFile(name);
  if (!file.valid() || ftruncate(file.get(), static_cast<off_t>(size)) != 0) return nullptr;
  auto memory = Mapping::Map(file.get(), size, Mapping::Access::Write);
  if (memory == nullptr || !SealMemoryFile(file.get(), kSeals)) return nullptr;
  return memory;
}

std::shared_ptr<Mapping> MapOneWriterMemory(int fd, size_t size) {
  struct stat status;
  if (!IsSealedMemoryFile(fd, kSeals) || fstat(fd, &status) != 0 || static_cast<uint64_t>(status.st_size) < size) {
    errno = EPROTO;
    return nullptr;
  }
  return Mapping::Map(fd, size, Mapping::Access::Read);
}

bool HasMemory(int fd, size_t begin, size_t size) {
  return lseek(fd, static_cast<off_t>(begin), SEEK_HOLE) >= static_cast<off_t>(begin + size);
}

// How much memory a file has in all (stat(2): st_blocks) does not tell: there may be some behind its end instead.
bool HasAllMemory(int fd, size_t size) {
  struct stat status;
  return fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) == size && HasMemory(fd, 0, size);
}

}  // namespace gips
