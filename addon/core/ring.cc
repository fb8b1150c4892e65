#include "core/ring.h"

#include <algorithm>
#include <cstring>

namespace gips {

namespace {

// The record's kind above its size.
constexpr int kKindShift = 32;
constexpr size_t kRecordHeader = sizeof(uint64_t);
static_assert(kRecordHeader == kRingAlignment, "so that no header is in two pieces");

constexpr size_t Aligned(size_t size) {
  return (size + kRingAlignment - 1) & ~(kRingAlignment - 1);
}

constexpr size_t RecordSize(size_t packet) {
  return kRecordHeader + Aligned(packet);
}

}  // namespace

RingOut::RingOut(SharedRingWords words, uint8_t* data, size_t capacity)
    : words_(words), protocol_(words_, capacity), data_(data), capacity_(capacity), reserve_(RecordSize(kHeaderSize)) {}

bool RingOut::Fits(size_t packet) const {
  return RecordSize(packet) + reserve_ <= capacity_ / 2;
}

SendStatus RingOut::Put(const Segment* segments, size_t count, bool& ring) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += segments[i].size;
  SendStatus status = Await(RecordSize(size));
  if (status != SendStatus::Sent) return status;
  uint64_t position = protocol_.position();
  PutHeader(RingRecord::Packet, size);
  position += kRecordHeader;
  for (size_t i = 0; i < count; i++) {
    Copy(position, segments[i].data, segments[i].size);
    position += segments[i].size;
  }
  ring = protocol_.Publish(RecordSize(size));
  return status;
}

SendStatus RingOut::PrepareElsewhere() {
  return Await(RecordSize(0));
}

void RingOut::PutElsewhere(bool& ring) {
  PutHeader(RingRecord::Elsewhere, 0);
  ring = protocol_.Publish(RecordSize(0));
}

SendStatus RingOut::Await(size_t size) {
  if (protocol_.AwaitRoom(size + reserve_)) return SendStatus::Sent;
  return protocol_.broken() ? SendStatus::Broken : SendStatus::Full;
}

void RingOut::PutHeader(RingRecord record, size_t size) {
  uint64_t header = uint64_t{static_cast<uint32_t>(record)} << kKindShift | size;
  Copy(protocol_.position(), &header, sizeof(header));
}

void RingOut::Copy(uint64_t position, const void* from, size_t size) {
  size_t at = position & (capacity_ - 1);
  size_t first = std::min(size, capacity_ - at);
  if (first > 0) std::memcpy(data_ + at, from, first);
  if (size > first) std::memcpy(data_, static_cast<const uint8_t*>(from) + first, size - first);
}

RingIn::Taken RingIn::Take(uint8_t* buffer, size_t capacity) {
  uint64_t available = protocol_.Available();
  if (protocol_.broken()) return {Status::Violation, 0, false};
  if (available == 0) return {Status::Nothing, 0, false};
  uint64_t header = Header();
  auto size = static_cast<uint32_t>(header);
  bool is_packet = header >> kKindShift == static_cast<uint32_t>(RingRecord::Packet);
  bool is_elsewhere = header >> kKindShift == static_cast<uint32_t>(RingRecord::Elsewhere);
  bool is_good = is_packet ? size > 0 : is_elsewhere && size == 0;
  if (!is_good || size > capacity || RecordSize(size) > available) return {Status::Violation, 0, false};
  Copy(protocol_.position() + kRecordHeader, buffer, size);
  bool ring = protocol_.Consume(RecordSize(size));
  return {is_packet ? Status::Packet : Status::Elsewhere, size, ring};
}

// An atomic load, because the peer may go on changing what it has published, and a plain one may be done twice.
uint64_t RingIn::Header() const {
  const uint8_t* at = data_ + (protocol_.position() & (capacity_ - 1));
  return reinterpret_cast<const std::atomic<uint64_t>*>(at)->load(std::memory_order_relaxed);
}

void RingIn::Copy(uint64_t position, void* to, size_t size) const {
  size_t at = position & (capacity_ - 1);
  size_t first = std::min(size, capacity_ - at);
  std::memcpy(to, data_ + at, first);
  if (size > first) std::memcpy(static_cast<uint8_t*>(to) + first, data_, size - first);
}

}  // namespace gips
