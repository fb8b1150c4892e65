// The process at the other end of a pipe.
#pragma once

#include "descriptor.h"
#include "pipe.h"

namespace gips {

// The number of the process that opened, or made, the other end. False with LastFailure().
bool PeerId(const Pipe& pipe, DWORD& pid);

// That process and no later one with its number, for `access` and PROCESS_QUERY_LIMITED_INFORMATION. Not valid() with LastFailure().
Descriptor OpenPeer(const Pipe& pipe, DWORD access);

}  // namespace gips
