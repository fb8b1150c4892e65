#include "last_failure.h"

#include <uv.h>
#include <windows.h>

namespace gips {

namespace {

// Bit 29 marks error codes of applications, which no system call sets (SetLastError).
constexpr DWORD kOwn = DWORD{1} << 29;

}  // namespace

int FailureOf(unsigned long error) {
  switch (error) {
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_NONPAGED_SYSTEM_RESOURCES:
    case ERROR_PAGED_SYSTEM_RESOURCES:
    case ERROR_WORKING_SET_QUOTA:
    case ERROR_PAGEFILE_QUOTA:
    case ERROR_MAX_THRDS_REACHED:
      return UV_ENOMEM;
    case ERROR_INVALID_HANDLE:
      return UV_EBADF;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
      return UV_EACCES;
    case ERROR_BAD_PATHNAME:
      return UV_ENOENT;
    default:
      return uv_translate_sys_error(static_cast<int>(error));
  }
}

int LastFailure() {
  DWORD error = GetLastError();
  return error & kOwn ? -static_cast<int>(error & ~kOwn) : FailureOf(error);
}

void SetLastFailure(int failure) {
  SetLastError(kOwn | static_cast<DWORD>(-failure));
}

}  // namespace gips
