#include "core/frame.h"

#include <cstring>

namespace gips {

namespace {

template <typename T>
void PutLittleEndian(T value, uint8_t* out) {
  for (size_t i = 0; i < sizeof(T); i++) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T>
T GetLittleEndian(const uint8_t* in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); i++) value = static_cast<T>(value | static_cast<T>(in[i]) << (8 * i));
  return value;
}

}  // namespace

void EncodeHeader(const FrameHeader& header, uint8_t* out) {
  out[0] = static_cast<uint8_t>(header.kind);
  out[1] = header.flags;
  PutLittleEndian(header.objects, out + 2);
  PutLittleEndian(header.length, out + 4);
  PutLittleEndian(header.correlation, out + 8);
}

FrameHeader DecodeHeader(const uint8_t* in) {
  return {static_cast<Kind>(in[0]), in[1], GetLittleEndian<uint16_t>(in + 2), GetLittleEndian<uint32_t>(in + 4),
          GetLittleEndian<uint64_t>(in + 8)};
}

bool BeginsWithHello(const uint8_t* packet, size_t size) {
  if (size < kHeaderSize + sizeof(kMagic)) return false;
  FrameHeader header = DecodeHeader(packet);
  return header.kind == Kind::Hello && header.flags == 0 && header.objects == 0 &&
         std::memcmp(packet + kHeaderSize, kMagic, sizeof(kMagic)) == 0;
}

void EncodeFragmentPrefix(const FragmentPrefix& prefix, uint8_t* out) {
  out[0] = static_cast<uint8_t>(prefix.kind);
  out[1] = out[2] = out[3] = 0;
  PutLittleEndian(prefix.total, out + 4);
}

bool DecodeFragmentPrefix(const uint8_t* in, FragmentPrefix& prefix) {
  prefix = {static_cast<Kind>(in[0]), GetLittleEndian<uint32_t>(in + 4)};
  return in[1] == 0 && in[2] == 0 && in[3] == 0 && MayBeFragmented(prefix.kind) && prefix.total > kMaxFramePayload;
}

void EncodePoolOffer(const PoolOffer& offer, uint8_t* out) {
  PutLittleEndian(offer.slot_size, out);
  PutLittleEndian(offer.slots, out + 4);
}

PoolOffer DecodePoolOffer(const uint8_t* in) {
  return {GetLittleEndian<uint32_t>(in), GetLittleEndian<uint32_t>(in + 4)};
}

void EncodeSlotReference(const SlotReference& reference, uint8_t* out) {
  PutLittleEndian(reference.slot, out);
  PutLittleEndian(reference.size, out + 4);
}

SlotReference DecodeSlotReference(const uint8_t* in) {
  return {GetLittleEndian<uint32_t>(in), GetLittleEndian<uint32_t>(in + 4)};
}

void EncodeRingOffer(uint64_t capacity, uint8_t* out) {
  PutLittleEndian(capacity, out);
}

uint64_t DecodeRingOffer(const uint8_t* in) {
  return GetLittleEndian<uint64_t>(in);
}

}  // namespace gips
