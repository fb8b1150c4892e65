// Who may open a pipe, and who may listen on it.
#pragma once

#include <windows.h>

#include <string>

#include "core/audience.h"

namespace gips {

// What a client asks for and all that it can get: to read, to write, to choose its read mode, and to look who owns the pipe. Not
// GENERIC_WRITE, which includes the right to create instances (FILE_APPEND_DATA is FILE_CREATE_PIPE_INSTANCE), to listen beside the server.
constexpr DWORD kClientAccess = FILE_GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;

class PipeSecurity {
 public:
  // For pipes of this process. Not valid() with LastFailure().
  explicit PipeSecurity(const Audience& audience);
  ~PipeSecurity();
  PipeSecurity(const PipeSecurity&) = delete;
  PipeSecurity& operator=(const PipeSecurity&) = delete;

  bool valid() const { return attributes_.lpSecurityDescriptor != nullptr; }
  SECURITY_ATTRIBUTES* attributes() { return &attributes_; }

 private:
  SECURITY_ATTRIBUTES attributes_ = {};
};

}  // namespace gips
