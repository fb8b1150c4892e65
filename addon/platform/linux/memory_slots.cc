#include "memory_slots.h"

#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>

#include "memory_file.h"

namespace gips {

namespace {

// A slot fits into a processor's cache, so that what one side writes the other one reads from there.
constexpr uint32_t kSlotSize = 1024 * 1024;
// Together two of the largest messages by default, so that the next one is put there while the one before is read. What does not fit goes
// in packets.
constexpr uint32_t kSlots = 128;
constexpr size_t kTotal = size_t{kSlotSize} * kSlots;

// Through its descriptor nobody can write any more, nor punch holes: the memory stays under either side's feet. The mapping that was made
// before stays writable. There is no such seal before Linux 5.1, and then no pool.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;

// What a reader maps of a peer's.
constexpr uint64_t kMostMapped = 1024 * 1024 * 1024;

}  // namespace

const Attachment* MemorySlots::Open() {
  if (file_ != nullptr) return file_.get();
  Descriptor file = CreateMemoryFile("gips-pool");
  if (!file.valid() || ftruncate(file.get(), kTotal) != 0) return nullptr;
  auto memory = Mapping::Map(file.get(), kTotal, Mapping::Access::Write);
  if (memory == nullptr || !SealMemoryFile(file.get(), kSeals)) return nullptr;
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
  struct stat status;
  if (size == 0 || size > kMostMapped || !IsSealedMemoryFile(file.get(), kSeals)) return false;
  if (fstat(file.get(), &status) != 0 || static_cast<uint64_t>(status.st_size) < size) return false;
  memory_ = Mapping::Map(file.get(), size, Mapping::Access::Read);
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
  if (memory_ == nullptr || reference.slot >= offer_.slots || reference.size > offer_.slot_size || !HasMemory(reference)) return false;
  std::memcpy(to, memory_->address() + size_t{reference.slot} * offer_.slot_size, reference.size);
  return true;
}

// Reading a hole would fill it, which fails with a SIGBUS where the system has no memory left for it. What is no hole never becomes one:
// the seals see to that.
bool SlotReader::HasMemory(const SlotReference& reference) {
  uint32_t& backed = backed_[reference.slot];
  if (reference.size <= backed) return true;
  auto begin = static_cast<off_t>(uint64_t{reference.slot} * offer_.slot_size);
  if (lseek(file_.get(), begin, SEEK_HOLE) < begin + static_cast<off_t>(reference.size)) return false;
  backed = reference.size;
  return true;
}

}  // namespace gips
