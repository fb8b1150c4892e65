// Why the last system call of this thread failed, as libuv numbers errors: negative.
#pragma once

#include <cerrno>

namespace gips {

inline int LastFailure() {
  return -errno;
}

inline void SetLastFailure(int failure) {
  errno = -failure;
}

}  // namespace gips
