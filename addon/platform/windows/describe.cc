#include "describe.h"

#include <uv.h>
#include <windows.h>

#include "last_failure.h"

namespace gips {

const char* DescribeDescriptor(int fd) {
  auto handle = reinterpret_cast<HANDLE>(uv_get_osfhandle(fd));
  if (handle == INVALID_HANDLE_VALUE) {
    SetLastFailure(UV_EBADF);
    return nullptr;
  }
  return GetFileType(handle) == FILE_TYPE_DISK ? "file" : "other";
}

}  // namespace gips
