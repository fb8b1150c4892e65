// Behind the bytes of a region: what its processes have to know of one another. The kernel's objects by which they wake and exclude each
// other do not come with the memory, but are found by names that are made here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "region_annex_layout.h"
#include "region_users.h"
#include "wait_table.h"

namespace gips {

class RegionAnnex {
 public:
  // For a region whose bytes end at `end`: where it begins, and how large it is.
  static uint64_t OffsetBehind(uint64_t end) { return (end + 63) / 64 * 64; }
  static constexpr size_t kSize = sizeof(RegionAnnexLayout);

  // A new one, in memory that is zero. Null with LastFailure().
  static std::unique_ptr<RegionAnnex> Create(uint8_t* memory);
  // Null if there is none.
  static std::unique_ptr<RegionAnnex> Open(uint8_t* memory);

  // For names of objects that belong to the region: nobody can guess it. But anybody can list the objects there are, so that they have to
  // be safe from those who know their names.
  const std::wstring& id() const { return id_; }
  WaitTable& waits() { return waits_; }
  RegionUsers& users() { return users_; }

 private:
  explicit RegionAnnex(RegionAnnexLayout& layout);

  std::wstring id_;
  WaitTable waits_;
  RegionUsers users_;
};

}  // namespace gips
