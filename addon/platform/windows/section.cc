#include "section.h"

#include <winternl.h>

// Which the SDK's headers do not have (ZwQuerySection).
extern "C" NTSTATUS NTAPI NtQuerySection(HANDLE section, int what, void* information, SIZE_T size, SIZE_T* written);

namespace gips {

namespace {

// SECTION_BASIC_INFORMATION, of class 0.
struct SectionInformation {
  void* base;
  ULONG attributes;
  LARGE_INTEGER size;
};

SectionFacts::Kind KindOf(ULONG attributes) {
  if ((attributes & (SEC_RESERVE | SEC_IMAGE)) != 0) return SectionFacts::Kind::Other;
  if ((attributes & SEC_FILE) != 0) return SectionFacts::Kind::File;
  return (attributes & SEC_COMMIT) != 0 ? SectionFacts::Kind::Memory : SectionFacts::Kind::Other;
}

}  // namespace

bool AskSection(HANDLE section, SectionFacts& facts) {
  SectionInformation information = {};
  if (NtQuerySection(section, 0, &information, sizeof(information), nullptr) < 0) return false;
  facts = {KindOf(information.attributes), static_cast<uint64_t>(information.size.QuadPart)};
  return true;
}

}  // namespace gips
