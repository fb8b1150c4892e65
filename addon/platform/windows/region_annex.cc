#include "region_annex.h"

#include <uv.h>

#include "last_failure.h"

namespace gips {

namespace {

std::wstring Hexadecimal(const uint8_t (&bytes)[16]) {
  constexpr wchar_t kDigits[] = L"0123456789abcdef";
  std::wstring text;
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::unique_ptr<RegionAnnex> RegionAnnex::Create(uint8_t* memory) {
  auto* layout = reinterpret_cast<RegionAnnexLayout*>(memory);
  int failure = uv_random(nullptr, nullptr, layout->id, sizeof(layout->id), 0, nullptr);
  if (failure != 0) {
    SetLastFailure(failure);
    return nullptr;
  }
  layout->magic = kRegionAnnexMagic;
  return Open(memory);
}

std::unique_ptr<RegionAnnex> RegionAnnex::Open(uint8_t* memory) {
  auto* layout = reinterpret_cast<RegionAnnexLayout*>(memory);
  if (layout->magic != kRegionAnnexMagic) return nullptr;
  std::unique_ptr<RegionAnnex> annex(new RegionAnnex(*layout));
  annex->users_.AddSelf();
  return annex;
}

RegionAnnex::RegionAnnex(RegionAnnexLayout& layout) : id_(Hexadecimal(layout.id)), waits_(layout, id_), users_(layout) {}

}  // namespace gips
