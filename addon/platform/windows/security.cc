#include "security.h"

#include <sddl.h>

namespace gips {

Security::Security(const std::wstring& text) {
  ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr);
}

}  // namespace gips
