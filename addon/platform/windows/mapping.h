// A view of a section.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "descriptor.h"

namespace gips {

class RegionAnnex;

// Shared by everybody who may touch the range: its region, the buffers that JavaScript sees of it, threads that wait on a word of it. The
// addresses are given back by the last of them.
class Mapping {
 public:
  // The first `size` bytes of the section. Null with LastFailure().
  static std::shared_ptr<Mapping> Map(const Descriptor& section, size_t size);

  Mapping(uint8_t* address, size_t size);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  uint8_t* address() const { return address_; }
  size_t size() const { return size_; }

  // What its processes know of one another; null where there is no place for it.
  RegionAnnex* annex() const { return annex_.get(); }
  void SetAnnex(std::unique_ptr<RegionAnnex> annex);

  // Windows has no way to exchange mapped memory without a moment when there is none, in which whoever still reads would fault: it stays as
  // it is until the last user is gone.
  void Retire() {}

  // The range is never given back: somebody may touch it whom nobody can ask.
  void Forsake() { is_forsaken_ = true; }

 private:
  uint8_t* address_;
  size_t size_;
  std::unique_ptr<RegionAnnex> annex_;
  bool is_forsaken_ = false;
};

}  // namespace gips
