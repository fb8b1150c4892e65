// Single datagrams to Unix sockets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gips {

// Sends without waiting. `address`: abstract if its first byte is NUL, else a path. 0, or a negative errno: EAGAIN when the receiver's
// queue is full.
int SendDatagram(const uint8_t* address, size_t address_size, const uint8_t* data, size_t size);

}  // namespace gips
