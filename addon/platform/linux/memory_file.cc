#include "memory_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

// Younger than some C libraries we build with.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace gips {

Descriptor CreateMemoryFile(const char* name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create(name, kFlags | MFD_NOEXEC_SEAL);
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, kFlags);  // before Linux 6.3
  return Descriptor(fd);
}

bool SealMemoryFile(int fd, int further) {
  return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | further) == 0;
}

bool IsMemoryFile(int fd) {
  struct stat status;
  struct statfs file_system;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fstatfs(fd, &file_system) == 0 && file_system.f_type == TMPFS_MAGIC;
}

bool IsSealedMemoryFile(int fd, int seals) {
  int present = IsMemoryFile(fd) ? fcntl(fd, F_GET_SEALS) : 0;
  return present >= 0 && (present & seals) == seals;
}

}  // namespace gips
