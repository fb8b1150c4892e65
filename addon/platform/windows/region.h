// A region of shared memory: a section that begins with a header, mapped once and as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/region_header.h"
#include "descriptor.h"
#include "mapping.h"

namespace gips {

class Region {
 public:
  Region() = default;

  // Memory without a name, committed as a whole; the kernel lets nobody change its size. Not valid() with LastFailure().
  static Region Create(uint64_t size, uint64_t max_size);
  // The same under a name, which nobody can open before the region is complete (UV_EEXIST). It is gone when the last process has closed it.
  static Region CreateNamed(const std::string& name, uint64_t size, uint64_t max_size);

  // Why something is not taken for a region; null if a system call failed, which LastFailure() tells.
  using Refusal = const char*;
  // Regions beyond `limit` bytes are refused.
  static Region Open(const std::string& name, uint64_t limit, Refusal& refusal);
  // Takes the handle over if it is one of a region, and leaves it alone otherwise.
  static Region Adopt(Descriptor& descriptor, bool allow_unsealed, uint64_t limit, Refusal& refusal);

  bool valid() const { return mapping_ != nullptr; }
  // What the region can be passed on with; it works without.
  Descriptor& descriptor() { return descriptor_; }
  uint64_t size() const { return size_; }
  uint64_t max_size() const { return max_size_; }
  uint8_t* data() const { return mapping_->address() + kRegionHeaderSize; }
  const std::shared_ptr<Mapping>& mapping() const { return mapping_; }

  // A copy of what all processes see at the moment.
  RegionHeader ReadHeader() const;
  // `size` is within max_size().
  void Resize(uint64_t size);
  // Takes over the size that another process has set; false if it makes no sense.
  bool Remap();

  // Names go with the last handle and not before: this does nothing. 0.
  static int Unlink(const std::string& name, const Descriptor& descriptor);

  void Close();

 private:
  static Region Fill(Descriptor section, uint64_t size, uint64_t max_size);
  static Region OpenSection(Descriptor& section, bool allow_file, uint64_t limit, Refusal& refusal);

  Descriptor descriptor_;
  std::shared_ptr<Mapping> mapping_;
  uint64_t size_ = 0;
  uint64_t max_size_ = 0;
};

}  // namespace gips
