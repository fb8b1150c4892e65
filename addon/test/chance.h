// Random numbers that are the same for the same seed, fast enough for millions.
#pragma once

#include <cstdint>

namespace gips {

class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}

  // splitmix64
  uint64_t Next() {
    uint64_t value = state_ += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  uint64_t Below(uint64_t bound) { return Next() % bound; }

 private:
  uint64_t state_;
};

}  // namespace gips
