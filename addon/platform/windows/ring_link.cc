#include "ring_link.h"

#include <uv.h>

#include "last_failure.h"
#include "transport.h"

namespace gips {

std::unique_ptr<RingLink> RingLink::Create(size_t) {
  SetLastFailure(UV_ENOTSUP);
  return nullptr;
}

std::unique_ptr<DescriptorList> RingLink::TakeOffer() {
  return nullptr;
}

int RingLink::Accept(const std::vector<Descriptor>&, size_t) {
  return UV_ENOTSUP;
}

}  // namespace gips
