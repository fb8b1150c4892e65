// What the kernel says of a section. None of it can be changed once the section is made, but for the size of a file.
#pragma once

#include <windows.h>

#include <cstdint>

namespace gips {

struct SectionFacts {
  enum class Kind {
    Memory,  // the system's alone, all of it there
    File,    // which can fail to be read: that is a fault
    Other,   // pages that are only reserved, which faults, too; programs
  };
  Kind kind;
  uint64_t size;
};

// False: it is no section, or cannot be asked.
bool AskSection(HANDLE section, SectionFacts& facts);

}  // namespace gips
