// Why the last system call of this thread failed, as libuv numbers errors: negative.
#pragma once

namespace gips {

// Of GetLastError().
int LastFailure();
void SetLastFailure(int failure);

// Of a Win32 error.
int FailureOf(unsigned long error);

}  // namespace gips
