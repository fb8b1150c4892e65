// Who may have a region: by its handle, and by its name.
#pragma once

#include <string>

#include "descriptor.h"

namespace gips {

// What is needed of a section that is opened by name: to map it, to ask what it is, and whose.
constexpr DWORD kSectionAccess = SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | READ_CONTROL;

// Security descriptors (SDDL): for nobody, so that a handle that was given away with fewer rights cannot be raised to more; and for the
// processes of this user that are no sandboxes.
std::wstring NobodysSection();
std::wstring OwnSection();

// Somebody else may have been quicker to take a name: only those who may do anything to us anyway are trusted with it. False with
// LastFailure() if it is, or may be written by, anybody else.
bool IsOwnersAlone(const Descriptor& section);

}  // namespace gips
