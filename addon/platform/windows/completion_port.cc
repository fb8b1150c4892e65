#include "completion_port.h"

#include "helper_thread.h"
#include "last_failure.h"

namespace gips {

namespace {

void Listen(void* port) {
  for (;;) {
    DWORD size = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    BOOL good = GetQueuedCompletionStatus(port, &size, &key, &overlapped, INFINITE);
    DWORD error = good ? 0 : GetLastError();
    if (overlapped != nullptr) static_cast<Operation*>(overlapped)->OnCompleted(error, size);
  }
}

// The thread is never joined, so its code must stay: whoever loaded us last may be a worker that ends and unloads us. It ends with the
// process, which does not wait for threads (ExitProcess).
HANDLE Start() {
  HMODULE pinned;
  auto code = reinterpret_cast<LPCWSTR>(&Listen);
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, code, &pinned)) return nullptr;
  HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  if (port == nullptr) return nullptr;
  static HelperThread& thread = *new HelperThread;
  int failure = HelperThread::Start(thread, "gips-io", Listen, port);
  if (failure == 0) return port;
  CloseHandle(port);
  SetLastFailure(failure);
  return nullptr;
}

// Null where it could not be started; then the next one tries again.
HANDLE Port() {
  static SRWLOCK lock = SRWLOCK_INIT;
  static HANDLE port = nullptr;
  AcquireSRWLockExclusive(&lock);
  if (port == nullptr) port = Start();
  ReleaseSRWLockExclusive(&lock);
  return port;
}

}  // namespace

bool CompletionPort::Associate(HANDLE handle) {
  HANDLE port = Port();
  return port != nullptr && CreateIoCompletionPort(handle, port, 0, 0) == port;
}

bool CompletionPort::Post(Operation& operation) {
  return PostQueuedCompletionStatus(Port(), 0, 0, &operation);
}

}  // namespace gips
