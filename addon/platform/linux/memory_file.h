// Memory as a file without a name (memfd_create(2)), which can be sealed: then nobody can take it away from those who use it.
#pragma once

#include <cstddef>

#include "descriptor.h"

namespace gips {

// An empty one of `size` bytes; not valid() with errno. `name` is for /proc/self/maps only.
Descriptor CreateMemoryFile(const char* name, size_t size);

// Adds F_SEAL_… `seals`, and that there can be no more.
bool SealMemoryFile(int fd, int seals);

// Whether it is memory indeed, and cannot shrink any more: a file of a disk or of a FUSE server could keep a reader waiting.
bool IsSealedMemoryFile(int fd);

}  // namespace gips
