// Memory as a file without a name (memfd_create(2)), which can be sealed: then nobody can take it away from those who use it.
#pragma once

#include "descriptor.h"

namespace gips {

// An empty one; not valid() with errno. `name` is for /proc/self/maps only.
Descriptor CreateMemoryFile(const char* name);

// Nobody can change its size any more, nor add seals. False with errno. `further` seals: F_SEAL_…
bool SealMemoryFile(int fd, int further = 0);

// Whether it is in memory indeed: a file of a disk or of a FUSE server could keep a reader waiting, huge pages and disks can fail to be
// read.
bool IsMemoryFile(int fd);
// Whether it is, and has these seals.
bool IsSealedMemoryFile(int fd, int seals);

}  // namespace gips
