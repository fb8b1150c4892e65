#include "robust_word.h"

#include <uv.h>

#include "last_failure.h"
#include "security.h"
#include "wait_table.h"

namespace gips {

std::shared_ptr<RobustPage> RobustPage::Map(std::shared_ptr<Mapping> mapping, uint8_t* address) {
  if (mapping->waits() == nullptr) {
    SetLastFailure(UV_ENOTSUP);
    return nullptr;
  }
  uint8_t* page = address - reinterpret_cast<uintptr_t>(address) % Size();
  return std::make_shared<RobustPage>(std::move(mapping), page);
}

std::wstring RobustPage::NameOf(size_t offset) const {
  auto at = static_cast<uint64_t>(address_ - mapping_->address()) + offset;
  return L"Local\\gips-mutex-" + mapping_->waits()->id() + L"-" + std::to_wstring(at);
}

// For whoever knows the name: those who share the region may be of several users.
Descriptor RobustPage::OpenMutex(size_t offset) const {
  Security everybody(L"D:P(A;;GA;;;WD)");
  return Descriptor(CreateMutexW(everybody.attributes(), FALSE, NameOf(offset).c_str()));
}

}  // namespace gips
