// Memory that one process writes and another one reads. What the writer does to its file is no fault for the reader: it is sealed, nobody
// can make it smaller or punch holes, and the reader looks whether there is memory behind what it reads.
#pragma once

#include <memory>

#include "descriptor.h"
#include "mapping.h"

namespace gips {

// For the writer, with `file` for the reader. Not reserved: fallocate what is to be used. Null with errno: EINVAL before Linux 5.1.
std::shared_ptr<Mapping> CreateOneWriterMemory(const char* name, size_t size, Descriptor& file);

// For the reader. Null with errno: EPROTO if it is no such memory, or too small.
std::shared_ptr<Mapping> MapOneWriterMemory(int fd, size_t size);

// Whether there is memory behind these bytes: then there always will be. Reading a hole would fill it, which fails with a SIGBUS where the
// system has no memory left for it. Memory that is reserved and not written yet is a hole as well.
bool HasMemory(int fd, size_t begin, size_t size);

// The same for a file of exactly `size` bytes, as a whole.
bool HasAllMemory(int fd, size_t size);

}  // namespace gips
