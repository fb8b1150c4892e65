// Reusable packet buffers, shared by all channels of one environment, so that an idle channel holds none.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/frame.h"

namespace gips {

struct Packet {
  Packet* next;
  size_t size;
  size_t counted;    // of it, what its sender's user waits for
  uint32_t answers;  // SLOT frames
  uint8_t data[kMaxPacket];
};

class PacketPool {
 public:
  PacketPool() = default;
  ~PacketPool() {
    while (free_ != nullptr) delete Pop();
  }
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  Packet* Acquire() {
    Packet* packet = free_ != nullptr ? Pop() : new Packet;
    packet->next = nullptr;
    packet->size = packet->counted = packet->answers = 0;
    return packet;
  }

  void Release(Packet* packet) {
    if (kept_ == kMaxKept) {
      delete packet;
      return;
    }
    packet->next = free_;
    free_ = packet;
    kept_++;
  }

 private:
  static constexpr size_t kMaxKept = 20;

  Packet* Pop() {
    Packet* packet = free_;
    free_ = packet->next;
    kept_--;
    return packet;
  }

  Packet* free_ = nullptr;
  size_t kept_ = 0;
};

}  // namespace gips
