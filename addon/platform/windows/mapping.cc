#include "mapping.h"

#include "region_annex.h"

namespace gips {

std::shared_ptr<Mapping> Mapping::Map(const Descriptor& section, size_t size) {
  void* address = MapViewOfFile(section.get(), FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
  if (address == nullptr) return nullptr;
  return std::make_shared<Mapping>(static_cast<uint8_t*>(address), size);
}

Mapping::Mapping(uint8_t* address, size_t size) : address_(address), size_(size) {}

Mapping::~Mapping() {
  if (!is_forsaken_) UnmapViewOfFile(address_);
}

void Mapping::SetAnnex(std::unique_ptr<RegionAnnex> annex) {
  annex_ = std::move(annex);
}

}  // namespace gips
