// Both sides' memory of a ring, as two processes would have it mapped.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "core/ring.h"

namespace gips {

// Allocated to the byte, so that AddressSanitizer knows where it ends.
class RingMemory {
 public:
  explicit RingMemory(size_t capacity) : bytes_(new(kAlignment) uint8_t[kRingDataOffset + capacity]) {
    std::memset(bytes_.get(), 0, kRingDataOffset + capacity);
  }

  uint8_t* words() { return bytes_.get(); }
  uint8_t* data() { return bytes_.get() + kRingDataOffset; }
  std::atomic<uint64_t>& word(RingWord word) { return At(words() + static_cast<size_t>(word) * kRingWordStride); }
  // Of the ring's bytes, the 8 at `offset`, a multiple of 8.
  std::atomic<uint64_t>& unit(size_t offset) { return At(data() + offset); }

 private:
  static constexpr std::align_val_t kAlignment{kRingWordStride};
  struct Delete {
    void operator()(uint8_t* bytes) const { operator delete[](bytes, kAlignment); }
  };

  static std::atomic<uint64_t>& At(uint8_t* at) { return *reinterpret_cast<std::atomic<uint64_t>*>(at); }

  std::unique_ptr<uint8_t[], Delete> bytes_;
};

}  // namespace gips
