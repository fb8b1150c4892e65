#include "memory_slots.h"

#include <linux/falloc.h>
#include <sys/mman.h>

#include <cerrno>

#include "memory_file.h"

namespace gips {

namespace {

// A slot fits into a processor's cache, so that what one side writes the other one reads from there.
constexpr uint32_t kSlotSize = 1024 * 1024;
// Together the largest message by default. What does not fit goes in packets.
constexpr uint32_t kSlots = 64;
constexpr size_t kTotal = size_t{kSlotSize} * kSlots;

// The peer gets a descriptor that it can only read from, and which nobody can punch holes into: the memory under Acquire's feet stays.
// The mapping that was made before stays writable. There is no such seal before Linux 5.1, and then no pool.
constexpr int kSeals = F_SEAL_FUTURE_WRITE;

}  // namespace

const Attachment* MemorySlots::Open() {
  if (file_ != nullptr) return file_.get();
  Descriptor file = CreateMemoryFile("gips-pool");
  if (!file.valid() || ftruncate(file.get(), kTotal) != 0) return nullptr;
  auto memory = Mapping::Map(file.get(), kTotal);
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
  if (!IsSealedMemoryFile(file.get())) return false;
  file_ = std::move(file);
  offer_ = offer;
  return true;
}

bool SlotReader::Read(const SlotReference& reference, uint8_t* to) const {
  if (!file_.valid() || reference.slot >= offer_.slots || reference.size > offer_.slot_size) return false;
  auto position = static_cast<off_t>(uint64_t{reference.slot} * offer_.slot_size);
  for (size_t done = 0; done < reference.size;) {
    ssize_t size = pread(file_.get(), to + done, reference.size - done, position + static_cast<off_t>(done));
    if (size == 0 || (size < 0 && errno != EINTR)) return false;
    if (size > 0) done += static_cast<size_t>(size);
  }
  return true;
}

}  // namespace gips
