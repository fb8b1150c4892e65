#include "memory_slots.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <cstring>

#include "one_writer_memory.h"

namespace gips {

namespace {

// A slot fits into a processor's cache, so that what one side writes the other one reads from there.
constexpr uint32_t kSlotSize = 1024 * 1024;
// Together two of the largest messages by default, so that the next one is put there while the one before is read. What does not fit goes
// in packets.
constexpr uint32_t kSlots = 128;
constexpr size_t kTotal = size_t{kSlotSize} * kSlots;

// What a reader maps of a peer's.
constexpr uint64_t kMostMapped = 1024 * 1024 * 1024;

}  // namespace

const Attachment* MemorySlots::Open() {
  if (file_ != nullptr) return file_.get();
  Descriptor file;
  auto memory = CreateOneWriterMemory("gips-pool", kTotal, file);
  if (memory == nullptr) return nullptr;
  memory_ = std::move(memory);
  file_ = std::make_unique<DescriptorList>();
  file_->Add(std::move(file));
  allocated_.assign(kSlots, 0);
  for (uint32_t slot = kSlots; slot > 0; slot--) free_.push_back(slot - 1);
  return file_.get();
}

PoolOffer MemorySlots::offer() const {
  return {kSlotSize, kSlots};
}

void MemorySlots::Close() {
  memory_.reset();
  file_.reset();
  free_.clear();
}

int MemorySlots::Acquire(size_t size) {
  if (free_.empty()) return -1;
  uint32_t slot = free_.back();
  // Memory that is not reserved is a SIGBUS at its first use where the system has none left.
  if (allocated_[slot] < size) {
    int fd = file_->descriptors()[0].get();
    off_t begin = static_cast<off_t>(size_t{slot} * kSlotSize);
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, begin, static_cast<off_t>(size)) != 0) return -1;
    allocated_[slot] = size;
  }
  free_.pop_back();
  return static_cast<int>(slot);
}

void MemorySlots::Release(uint32_t slot) {
  free_.push_back(slot);
}

uint8_t* MemorySlots::data(uint32_t slot) {
  return memory_->address() + size_t{slot} * kSlotSize;
}

bool SlotReader::Open(Descriptor file, const PoolOffer& offer) {
  uint64_t size = uint64_t{offer.slots} * offer.slot_size;
  if (size == 0 || size > kMostMapped) return false;
  memory_ = MapOneWriterMemory(file.get(), size);
  if (memory_ == nullptr) return false;
  file_ = std::move(file);
  offer_ = offer;
  backed_.assign(offer.slots, 0);
  return true;
}

void SlotReader::Close() {
  memory_.reset();
  file_.Close();
}

bool SlotReader::Read(const SlotReference& reference, uint8_t* to) {
  if (memory_ == nullptr || reference.slot >= offer_.slots || reference.size > offer_.slot_size || !IsBacked(reference)) return false;
  std::memcpy(to, memory_->address() + size_t{reference.slot} * offer_.slot_size, reference.size);
  return true;
}

bool SlotReader::IsBacked(const SlotReference& reference) {
  uint32_t& backed = backed_[reference.slot];
  if (reference.size <= backed) return true;
  if (!HasMemory(file_.get(), size_t{reference.slot} * offer_.slot_size, reference.size)) return false;
  backed = reference.size;
  return true;
}

}  // namespace gips
