#include "descriptor.h"

#include <fcntl.h>
#include <io.h>
#include <uv.h>

#include "last_failure.h"

namespace gips {

Descriptor Descriptor::Duplicate(int fd) {
  auto handle = reinterpret_cast<HANDLE>(uv_get_osfhandle(fd));
  if (handle == INVALID_HANDLE_VALUE) {
    SetLastFailure(UV_EBADF);
    return {};
  }
  Descriptor borrowed(handle);
  Descriptor copy = borrowed.Duplicate();
  borrowed.Take();
  return copy;
}

Descriptor Descriptor::Adopt(int fd) {
  Descriptor copy = Duplicate(fd);
  uv_fs_t request;
  if (copy.valid()) uv_fs_close(nullptr, &request, fd, nullptr);
  return copy;
}

int Descriptor::TakeNumber() {
  if (!valid()) return -1;
  // Only the host's C library knows its numbers (uv_open_osfhandle).
  int fd = uv_open_osfhandle(get());
  if (fd >= 0) Take();
  return fd;
}

}  // namespace gips
