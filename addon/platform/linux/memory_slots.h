// The two ends of a pool of slots: memory that one process writes and another one reads.
#pragma once

#include <memory>
#include <vector>

#include "core/slot_pool.h"
#include "descriptor.h"
#include "mapping.h"
#include "transport.h"

namespace gips {

class MemorySlots final : public SlotPool {
 public:
  const Attachment* Open() override;
  PoolOffer offer() const override;
  void Close() override;
  int Acquire(size_t size) override;
  void Release(uint32_t slot) override;
  uint8_t* data(uint32_t slot) override;

 private:
  std::unique_ptr<DescriptorList> file_;
  std::shared_ptr<Mapping> memory_;
  std::vector<uint32_t> free_;     // the last one used is used first: the processor knows it still
  std::vector<size_t> allocated_;  // by slot: bytes that have memory behind them
};

class SlotReader {
 public:
  // False if it is not what is offered.
  bool Open(Descriptor file, const PoolOffer& offer);
  void Close();
  uint32_t slots() const { return offer_.slots; }
  bool Read(const SlotReference& reference, uint8_t* to);

 private:
  bool IsBacked(const SlotReference& reference);

  Descriptor file_;
  std::shared_ptr<Mapping> memory_;
  PoolOffer offer_ = {};
  std::vector<uint32_t> backed_;  // by slot: so many of its bytes have memory behind them
};

}  // namespace gips
