#include "memory_file.h"

#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

namespace gips {

namespace {

#ifndef MFD_NOEXEC_SEAL
constexpr unsigned kNoExec = 0x0008;
#else
constexpr unsigned kNoExec = MFD_NOEXEC_SEAL;
#endif

}  // namespace

Descriptor CreateMemoryFile(const char* name, size_t size) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Descriptor file(memfd_create(name, flags | kNoExec));
  if (!file.valid() && errno == EINVAL) file = Descriptor(memfd_create(name, flags));  // before Linux 6.3
  if (file.valid() && ftruncate(file.get(), static_cast<off_t>(size)) != 0) file.Close();
  return file;
}

bool SealMemoryFile(int fd, int seals) {
  return fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL) == 0;
}

bool IsSealedMemoryFile(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  struct statfs file_system;
  if (fstatfs(fd, &file_system) != 0 || file_system.f_type != TMPFS_MAGIC) return false;
  int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK);
}

}  // namespace gips
