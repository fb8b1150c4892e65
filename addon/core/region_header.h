// The first 24 bytes of every region (docs/shared-memory.md), the layout of the Rust crate `gips`. All other processes can write it at any
// time: what is read from it is read once and checked before it is believed. Knows neither N-API nor an operating system.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gips {

struct RegionHeader {
  uint64_t capacity;  // bytes usable now
  uint64_t total;     // bytes it can grow to
  uint8_t extension;
  uint8_t barrier;  // 0 in a valid region
  uint8_t padding[6];
};
constexpr size_t kRegionHeaderSize = sizeof(RegionHeader);
static_assert(kRegionHeaderSize == 24, "the layout is a contract");

// Where it lies in memory that is shared.
class SharedRegionHeader {
 public:
  explicit SharedRegionHeader(uint8_t* memory) : memory_(memory) {}

  RegionHeader Read() const {
    RegionHeader copy = {};
    copy.capacity = word(0).load(std::memory_order_acquire);
    copy.total = word(8).load(std::memory_order_acquire);
    copy.extension = static_cast<const volatile uint8_t*>(memory_)[16];
    copy.barrier = static_cast<const volatile uint8_t*>(memory_)[17];
    return copy;
  }
  void SetTotal(uint64_t total) { word(8).store(total, std::memory_order_release); }
  // Last: until then the region is none.
  void SetCapacity(uint64_t capacity) { word(0).store(capacity, std::memory_order_release); }

 private:
  using Word = std::atomic<uint64_t>;
  static_assert(sizeof(Word) == 8 && Word::is_always_lock_free, "a word of shared memory is nothing else");
  Word& word(size_t offset) const { return *reinterpret_cast<Word*>(memory_ + offset); }

  uint8_t* memory_;
};

// Why a header is not believed, of a region for which there is memory of so many bytes behind it, the header not counted: null if it is.
// `max_size` is what can be used of it.
inline const char* JudgeRegionHeader(const RegionHeader& header, uint64_t available, uint64_t limit, uint64_t& max_size) {
  // The Rust crate counts the header into `total`, and claims up to the end of the last page.
  max_size = header.total < available ? header.total : available;
  if (header.total > available + kRegionHeaderSize) return "size";
  if (header.barrier != 0 || header.capacity == 0 || header.capacity > max_size) return "header";
  return max_size > limit ? "limit" : nullptr;
}

inline bool MayTakeOver(const RegionHeader& header, uint64_t max_size) {
  return header.barrier == 0 && header.capacity > 0 && header.capacity <= max_size;
}

}  // namespace gips
