// Security descriptors from their text form (SDDL).
#pragma once

#include <windows.h>

#include <string>

namespace gips {

class Security {
 public:
  // Not valid() with LastFailure().
  explicit Security(const std::wstring& text);
  ~Security();
  Security(const Security&) = delete;
  Security& operator=(const Security&) = delete;

  bool valid() const { return attributes_.lpSecurityDescriptor != nullptr; }
  SECURITY_ATTRIBUTES* attributes() { return &attributes_; }

 private:
  SECURITY_ATTRIBUTES attributes_ = {sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
};

}  // namespace gips
