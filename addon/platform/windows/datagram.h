// Single datagrams to Unix sockets, which Windows has none of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gips {

// UV_ENOTSUP.
int SendDatagram(const uint8_t* address, size_t address_size, const uint8_t* data, size_t size);

}  // namespace gips
