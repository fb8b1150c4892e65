#include "datagram.h"

#include <uv.h>

namespace gips {

int SendDatagram(const uint8_t*, size_t, const uint8_t*, size_t) {
  return UV_ENOTSUP;
}

}  // namespace gips
