// Who uses a region: for objects that are theirs alone. Who may have the memory was decided when it was given to them; a name, which is all
// that leads from the memory to such an object, can be found by others, too.
#pragma once

#include <string>

#include "region_annex_layout.h"

namespace gips {

class RegionUsers {
 public:
  explicit RegionUsers(RegionAnnexLayout& layout) : layout_(layout) {}

  // As whom this process counts. One that is more than there is room for is like a stranger.
  void AddSelf();
  // A security descriptor (SDDL) that gives such access (a number in hexadecimal) to all of them, and none to anybody else.
  std::wstring Allow(const wchar_t* access) const;

 private:
  RegionAnnexLayout& layout_;
};

}  // namespace gips
