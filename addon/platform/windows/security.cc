#include "security.h"

#include <sddl.h>

namespace gips {

Security::Security(const std::wstring& text) {
  ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr);
}

// What it was made for may just have failed.
Security::~Security() {
  DWORD kept = GetLastError();
  LocalFree(attributes_.lpSecurityDescriptor);
  SetLastError(kept);
}

}  // namespace gips
