// What lies behind the bytes of a region: a contract between all processes that have it, each of which can write it at any time.
#pragma once

#include <windows.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gips {

// In a slot's state: the process in the upper half, a number of 24 bits, and one of these. Zero is a free slot.
enum WaitPhase : uint64_t { kClaimed = 1, kWaiting = 2, kWoken = 3 };

// Somebody who waits.
struct WaitSlot {
  std::atomic<uint64_t> state;
  std::atomic<uint64_t> ticket;
  std::atomic<uint64_t> offset;
};

// As whom some process has the region, or had it.
struct RegionUser {
  std::atomic<uint32_t> state;
  uint32_t integrity;
  uint8_t sid[SECURITY_MAX_SID_SIZE];
};

struct RegionAnnexLayout {
  std::atomic<uint64_t> magic;
  uint8_t id[16];
  RegionUser users[16];
  std::atomic<uint64_t> tickets;
  std::atomic<uint64_t> slots_used;  // those from here on have never been taken
  WaitSlot slots[1000];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(WaitSlot) == 24 && sizeof(RegionUser) == 76, "the layout is a contract");

// Changes with the layout.
constexpr uint64_t kRegionAnnexMagic = 0x3278656e6e617067;

}  // namespace gips
