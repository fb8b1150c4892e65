// Rings in shared memory: not on Windows yet, where channels stay on their pipes.
#pragma once

#include <memory>
#include <vector>

#include "descriptor.h"

namespace gips {

class DescriptorList;

class RingLink {
 public:
  // Null with LastFailure().
  static std::unique_ptr<RingLink> Create(size_t capacity);
  std::unique_ptr<DescriptorList> TakeOffer();
  int Accept(const std::vector<Descriptor>& objects, size_t capacity);
  size_t capacity() const { return 0; }
};

}  // namespace gips
