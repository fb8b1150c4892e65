// Rings between threads that really run at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gips {

struct RingStressOptions {
  size_t capacity;
  size_t largest;  // packet
  uint32_t records;
  uint32_t seed;
  uint32_t budget;  // records that a side takes before it goes back to sleep
};

struct RingStressResult {
  uint32_t sleeps = 0;  // of both sides
  std::string failure;  // empty: everything has arrived
};

// Each side sends so many packets to the other one, and now and then names one that is elsewhere.
RingStressResult StressRing(const RingStressOptions& options);

struct RingHarassment {
  uint32_t packets = 0;
  uint32_t violations = 0;
  uint32_t sent = 0;
  uint32_t broken = 0;
  std::string failure;
};

// A reader takes into a buffer of `room` bytes, at least a quarter of the ring, and a writer puts, so many times, while another thread
// writes whatever it likes into the peer's memory.
RingHarassment HarassRing(size_t capacity, size_t room, uint32_t rounds, uint32_t seed);

}  // namespace gips
