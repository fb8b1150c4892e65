#include "region.h"

#include <uv.h>

#include "last_failure.h"
#include "security.h"
#include "token.h"
#include "wait_table.h"
#include "wide_string.h"

namespace gips {

namespace {

// The rights we have on a section of ours. Its owner may also see who that is.
constexpr DWORD kAccess = SECTION_QUERY | FILE_MAP_READ | FILE_MAP_WRITE | READ_CONTROL;

// What the kernel says of a section (NtQuerySection, SectionBasicInformation).
struct SectionInformation {
  void* base_address;
  ULONG attributes;
  LARGE_INTEGER size;
};

extern "C" NTSYSAPI LONG NTAPI NtQuerySection(HANDLE section, int what, void* information, SIZE_T size, SIZE_T* written);

// False: it is no section.
bool Ask(const Descriptor& section, SectionInformation& information) {
  constexpr int kBasicInformation = 0;
  return NtQuerySection(section.get(), kBasicInformation, &information, sizeof(information), nullptr) >= 0;
}

// Those of other programs are none of ours.
std::wstring PathOf(const std::string& name) {
  return L"Local\\gips." + Widen(name);
}

bool IsPossible(const std::string& name) {
  if (name.find('\\') == std::string::npos) return true;
  SetLastFailure(UV_EINVAL);
  return false;
}

// A handle that was given away with fewer rights cannot be raised to more: nobody is allowed anything by name, or by duplicating.
std::wstring SealedDescriptor() {
  return L"D:P";
}

std::wstring OwnersDescriptor() {
  Identity own;
  if (!OwnIdentity(own)) return SealedDescriptor();
  return L"D:P(A;;GA;;;SY)(A;;GA;;;" + Widen(own.account) + L")";
}

// Somebody else may have been quicker to take the name: only those who may do anything to us anyway are trusted with it.
bool IsOwnersAlone(const Descriptor& section) {
  std::string owner;
  if (!OwnerOf(section.get(), owner)) return false;
  Identity own;
  bool is_own = owner == OwnDefaultOwner() || (OwnIdentity(own) && owner == own.account);
  return is_own || owner == kSystemSid || owner == kAdministratorsSid;
}

Descriptor CreateSection(const std::wstring& rights, uint64_t size, const wchar_t* name) {
  Security security(rights);
  if (!security.valid()) return {};
  auto high = static_cast<DWORD>(size >> 32);
  return Descriptor(
      CreateFileMappingW(INVALID_HANDLE_VALUE, security.attributes(), PAGE_READWRITE | SEC_COMMIT, high, static_cast<DWORD>(size), name));
}

uint64_t SectionSize(uint64_t max_size) {
  return WaitTable::OffsetBehind(kRegionHeaderSize + max_size) + WaitTable::Size();
}

}  // namespace

Region Region::Create(uint64_t size, uint64_t max_size) {
  return Fill(CreateSection(SealedDescriptor(), SectionSize(max_size), nullptr), size, max_size);
}

Region Region::CreateNamed(const std::string& name, uint64_t size, uint64_t max_size) {
  if (!IsPossible(name)) return {};
  Descriptor section = CreateSection(OwnersDescriptor(), SectionSize(max_size), PathOf(name).c_str());
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
  auto waits = WaitTable::Create(mapping->address() + WaitTable::OffsetBehind(kRegionHeaderSize + max_size));
  if (waits == nullptr) return region;
  mapping->SetWaits(std::move(waits));
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
  Descriptor section(OpenFileMappingW(kAccess, FALSE, PathOf(name).c_str()));
  if (!section.valid()) return {};
  if (!IsOwnersAlone(section)) {
    SetLastFailure(UV_EACCES);
    return {};
  }
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
  SectionInformation information = {};
  if (!Ask(section, information)) {
    refusal = "type";
    return {};
  }
  // Memory of the system's alone, all of it there: a file can fail to be read, which is a fault.
  if ((information.attributes & SEC_COMMIT) == 0 && !allow_file) {
    refusal = "unsealed";
    return {};
  }
  auto available = static_cast<uint64_t>(information.size.QuadPart);
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
  uint64_t waits = WaitTable::OffsetBehind(kRegionHeaderSize + max_size);
  if (waits <= available && available - waits >= WaitTable::Size()) mapping->SetWaits(WaitTable::Open(mapping->address() + waits));
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
