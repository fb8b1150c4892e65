// Pools of slots for large payloads: not on Windows, where those go in packets.
#pragma once

#include <memory>
#include <vector>

#include "core/slot_pool.h"
#include "descriptor.h"
#include "transport.h"

namespace gips {

class MemorySlots final : public SlotPool {
 public:
  const Attachment* Open() override { return nullptr; }
  PoolOffer offer() const override { return {}; }
  void Close() override {}
  int Acquire(size_t) override { return -1; }
  void Release(uint32_t) override {}
  uint8_t* data(uint32_t) override { return nullptr; }
};

class SlotReader {
 public:
  // False: nobody was told that it could be.
  bool Open(Descriptor, const PoolOffer&) { return false; }
  void Close() {}
  uint32_t slots() const { return 0; }
  bool Read(const SlotReference&, uint8_t*) { return false; }
};

}  // namespace gips
