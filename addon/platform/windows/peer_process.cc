#include "peer_process.h"

#include <uv.h>

#include "last_failure.h"

namespace gips {

bool PeerId(const Pipe& pipe, DWORD& pid) {
  ULONG number = 0;
  BOOL known = pipe.is_server() ? GetNamedPipeClientProcessId(pipe.handle(), &number) : GetNamedPipeServerProcessId(pipe.handle(), &number);
  pid = number;
  return known != 0;
}

// A number is free again when its process has ended: one that was made after the connection is another.
Descriptor OpenPeer(const Pipe& pipe, DWORD access) {
  DWORD pid;
  if (!PeerId(pipe, pid)) return {};
  Descriptor process(OpenProcess(access | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
  if (!process.valid()) return process;
  FILETIME created;
  FILETIME ignored;
  FILETIME connected = pipe.connected();
  bool is_it = GetProcessTimes(process.get(), &created, &ignored, &ignored, &ignored) && CompareFileTime(&created, &connected) <= 0;
  if (is_it) return process;
  SetLastFailure(UV_ESRCH);
  return {};
}

}  // namespace gips
