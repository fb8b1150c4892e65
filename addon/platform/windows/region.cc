#include "region.h"

#include <uv.h>

#include "last_failure.h"
#include "region_annex.h"
#include "section.h"
#include "section_security.h"
#include "security.h"
#include "wide_string.h"

namespace gips {

namespace {

// Those of other programs are none of ours.
std::wstring PathOf(const std::string& name) {
  return L"Local\\gips." + Widen(name);
}

bool IsPossible(const std::string& name) {
  if (name.find('\\') == std::string::npos) return true;
  SetLastFailure(UV_EINVAL);
  return false;
}

Descriptor CreateSection(const std::wstring& rights, uint64_t size, const wchar_t* name) {
  Security security(rights);
  if (!security.valid()) return {};
  auto high = static_cast<DWORD>(size >> 32);
  return Descriptor(
      CreateFileMappingW(INVALID_HANDLE_VALUE, security.attributes(), PAGE_READWRITE | SEC_COMMIT, high, static_cast<DWORD>(size), name));
}

uint64_t SectionSize(uint64_t max_size) {
  return RegionAnnex::OffsetBehind(kRegionHeaderSize + max_size) + RegionAnnex::kSize;
}

}  // namespace

Region Region::Create(uint64_t size, uint64_t max_size) {
  return Fill(CreateSection(NobodysSection(), SectionSize(max_size), nullptr), size, max_size);
}

Region Region::CreateNamed(const std::string& name, uint64_t size, uint64_t max_size) {
  if (!IsPossible(name)) return {};
  Descriptor section = CreateSection(OwnSection(), SectionSize(max_size), PathOf(name).c_str());
  DWORD error = GetLastError();
  // Also another user's, and something of another kind.
  bool is_taken = section.valid() ? error == ERROR_ALREADY_EXISTS : error == ERROR_ACCESS_DENIED || error == ERROR_INVALID_HANDLE;
  if (is_taken) {
    SetLastFailure(UV_EEXIST);
    return {};
  }
  return Fill(std::move(section), size, max_size);
}

Region Region::Fill(Descriptor section, uint64_t size, uint64_t max_size) {
  Region region;
  if (!section.valid()) return region;
  auto mapping = Mapping::Map(section, SectionSize(max_size));
  if (mapping == nullptr) return region;
  auto annex = RegionAnnex::Create(mapping->address() + RegionAnnex::OffsetBehind(kRegionHeaderSize + max_size));
  if (annex == nullptr) return region;
  mapping->SetAnnex(std::move(annex));
  SharedRegionHeader header(mapping->address());
  header.SetTotal(max_size);
  header.SetCapacity(size);
  region.mapping_ = std::move(mapping);
  region.descriptor_ = std::move(section);
  region.size_ = size;
  region.max_size_ = max_size;
  return region;
}

Region Region::Open(const std::string& name, uint64_t limit, Refusal& refusal) {
  refusal = nullptr;
  if (!IsPossible(name)) return {};
  Descriptor section(OpenFileMappingW(kSectionAccess, FALSE, PathOf(name).c_str()));
  if (!section.valid()) return {};
  if (!IsOwnersAlone(section)) return {};
  Region region = OpenSection(section, false, limit, refusal);
  // Its maker is still at it.
  if (refusal != nullptr && std::string(refusal) == "unfinished") {
    refusal = nullptr;
    SetLastFailure(UV_ENOENT);
  }
  return region;
}

Region Region::Adopt(Descriptor& descriptor, bool allow_unsealed, uint64_t limit, Refusal& refusal) {
  refusal = nullptr;
  Region region = OpenSection(descriptor, allow_unsealed, limit, refusal);
  if (refusal != nullptr && std::string(refusal) == "unfinished") refusal = "header";
  return region;
}

Region Region::OpenSection(Descriptor& section, bool allow_file, uint64_t limit, Refusal& refusal) {
  SectionFacts facts;
  if (!AskSection(section.get(), facts) || facts.kind == SectionFacts::Kind::Other) {
    refusal = "type";
    return {};
  }
  if (facts.kind == SectionFacts::Kind::File && !allow_file) {
    refusal = "unsealed";
    return {};
  }
  const uint64_t available = facts.size;
  if (available < kRegionHeaderSize) {
    refusal = "size";
    return {};
  }
  auto mapping = Mapping::Map(section, available);
  if (mapping == nullptr) {
    if (GetLastError() == ERROR_ACCESS_DENIED) refusal = "read-only";
    return {};
  }
  RegionHeader header = SharedRegionHeader(mapping->address()).Read();
  uint64_t max_size;
  refusal = JudgeRegionHeader(header, available - kRegionHeaderSize, limit, max_size);
  if (refusal != nullptr && header.capacity == 0) refusal = "unfinished";
  if (refusal != nullptr) return {};
  uint64_t annex = RegionAnnex::OffsetBehind(kRegionHeaderSize + max_size);
  if (annex <= available && available - annex >= RegionAnnex::kSize) mapping->SetAnnex(RegionAnnex::Open(mapping->address() + annex));
  Region region;
  region.mapping_ = std::move(mapping);
  region.descriptor_ = std::move(section);
  region.size_ = header.capacity;
  region.max_size_ = max_size;
  return region;
}

RegionHeader Region::ReadHeader() const {
  return SharedRegionHeader(mapping_->address()).Read();
}

void Region::Resize(uint64_t size) {
  SharedRegionHeader(mapping_->address()).SetCapacity(size);
  size_ = size;
}

bool Region::Remap() {
  RegionHeader header = ReadHeader();
  if (!MayTakeOver(header, max_size_)) return false;
  size_ = header.capacity;
  return true;
}

int Region::Unlink(const std::string&, const Descriptor&) {
  return 0;
}

void Region::Close() {
  mapping_.reset();
  descriptor_.Close();
  size_ = max_size_ = 0;
}

}  // namespace gips
