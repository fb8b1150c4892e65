// The end of every overlapped operation of this process is heard here: by one completion port and one thread, for all environments.
#pragma once

#include <windows.h>

namespace gips {

// Has to stay where it is from its start until OnCompleted.
class Operation : public OVERLAPPED {
 public:
  Operation() : OVERLAPPED{} {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // To be called before each start.
  void Reset() { static_cast<OVERLAPPED&>(*this) = {}; }
  // On the port's thread. `error`: a Win32 error or 0.
  virtual void OnCompleted(DWORD error, DWORD size) = 0;
};

class CompletionPort {
 public:
  // The handle's operations are heard of from now on, those that end at once included. (They could be left out, by
  // FILE_SKIP_COMPLETION_PORT_ON_SUCCESS; but whether ERROR_MORE_DATA is such an end, systems disagree.) False with LastFailure().
  static bool Associate(HANDLE handle);
  // As if the operation had ended well.
  static bool Post(Operation& operation);
};

}  // namespace gips
