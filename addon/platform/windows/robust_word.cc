#include "robust_word.h"

#include <uv.h>

#include "last_failure.h"
#include "region_annex.h"
#include "security.h"

namespace gips {

namespace {

// To wait for the mutex, and to release it.
constexpr DWORD kAccess = SYNCHRONIZE | MUTEX_MODIFY_STATE;
constexpr wchar_t kAccessText[] = L"0x100001";
static_assert(kAccess == 0x100001, "is what the text says");

}  // namespace

std::shared_ptr<RobustPage> RobustPage::Map(std::shared_ptr<Mapping> mapping, uint8_t* address) {
  if (mapping->annex() == nullptr) {
    SetLastFailure(UV_ENOTSUP);
    return nullptr;
  }
  uint8_t* page = address - reinterpret_cast<uintptr_t>(address) % Size();
  return std::make_shared<RobustPage>(std::move(mapping), page);
}

// Not of the session, as objects are by default (Local\): the region's processes may be of several.
RobustPage::RobustPage(std::shared_ptr<Mapping> mapping, uint8_t* address)
    : mapping_(std::move(mapping)),
      address_(address),
      prefix_(L"Global\\gips-mutex-" + mapping_->annex()->id() + L"-"),
      place_(static_cast<uint64_t>(address - mapping_->address())) {}

void RobustPage::Retire() {
  // For whoever looks at a word all the same.
  alignas(SharedWord) static uint8_t nobodys[4096];
  address_ = nobodys;
  mapping_.reset();
}

// A stranger could find it by its name, and hold it for ever.
Descriptor RobustPage::OpenMutex(size_t offset) const {
  if (mapping_ == nullptr) {
    SetLastFailure(UV_ECANCELED);
    return {};
  }
  Security security(mapping_->annex()->users().Allow(kAccessText));
  if (!security.valid()) return {};
  return Descriptor(CreateMutexExW(security.attributes(), NameOf(offset).c_str(), 0, kAccess));
}

}  // namespace gips
