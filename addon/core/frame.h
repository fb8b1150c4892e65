// The frame header of the wire protocol, version 1 (docs/wire-protocol.md). Knows neither N-API nor an operating system.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gips {

enum class Kind : uint8_t {
  Hello = 1,
  Welcome = 2,
  Refused = 3,
  Message = 4,
  Request = 5,
  Reply = 6,
  Failure = 7,
  Cancel = 8,
  Fragment = 9,
  Window = 10,
  Goodbye = 11,
  Ping = 12,
  Pong = 13,
  Pool = 14,
  Slot = 15,
  Ring = 16,
};

constexpr uint8_t kFlagFirst = 1;
constexpr uint8_t kFlagPooled = 2;

constexpr size_t kHeaderSize = 16;
constexpr size_t kMaxFramePayload = 64 * 1024;
constexpr size_t kMaxPacket = kMaxFramePayload + 64;
constexpr size_t kMaxObjects = 253;  // SCM_MAX_FD of Linux; the wire's limit everywhere
constexpr size_t kFragmentPrefix = 8;
constexpr int64_t kInitialCredit = 64 * 1024;

// Feature bits of the greeting.
constexpr uint32_t kFeaturePool = 1;
constexpr uint32_t kFeatureRing = 2;

constexpr uint8_t kMagic[8] = {0x67, 0x69, 0x70, 0x73, 0x0D, 0x0A, 0x1A, 0x0A};

struct FrameHeader {
  Kind kind;
  uint8_t flags;
  uint16_t objects;
  uint32_t length;
  uint64_t correlation;
};

void EncodeHeader(const FrameHeader& header, uint8_t* out);
FrameHeader DecodeHeader(const uint8_t* in);

// Whether a first packet is a greeting; anything else is a raw client's message.
bool BeginsWithHello(const uint8_t* packet, size_t size);

// The start of a FRAGMENT with the flag FIRST: what is being fragmented.
struct FragmentPrefix {
  Kind kind;
  uint32_t total;
};
void EncodeFragmentPrefix(const FragmentPrefix& prefix, uint8_t* out);
// False if the bytes are not a valid prefix.
bool DecodeFragmentPrefix(const uint8_t* in, FragmentPrefix& prefix);

// The payload of POOL: memory the sender shares, in slots of one size.
struct PoolOffer {
  uint32_t slot_size;
  uint32_t slots;  // 0: withdrawn
};
constexpr size_t kPoolOfferSize = 8;
constexpr uint32_t kMaxSlots = 4096;
void EncodePoolOffer(const PoolOffer& offer, uint8_t* out);
PoolOffer DecodePoolOffer(const uint8_t* in);

// What a FRAGMENT with the flag POOLED has in place of the message's bytes: where they are.
struct SlotReference {
  uint32_t slot;
  uint32_t size;
};
constexpr size_t kSlotReferenceSize = 8;
void EncodeSlotReference(const SlotReference& reference, uint8_t* out);
SlotReference DecodeSlotReference(const uint8_t* in);

// What a RING frame says, in its correlation.
enum class RingStep : uint64_t {
  Offer = 1,   // here is my half
  Accept = 2,  // I have yours
  Refuse = 3,  // I cannot: we stay as we are
  Begin = 4,   // from the next packet on I write into my ring
};
// The payload of RING with the step Offer.
constexpr size_t kRingOfferSize = 8;
constexpr uint32_t kRingObjects = 2;
void EncodeRingOffer(uint64_t capacity, uint8_t* out);
uint64_t DecodeRingOffer(const uint8_t* in);

constexpr bool NeedsCredit(Kind kind) {
  return kind == Kind::Message || kind == Kind::Request;
}

constexpr bool MayCarryObjects(Kind kind) {
  return kind == Kind::Message || kind == Kind::Request || kind == Kind::Reply;
}

constexpr bool MayBeFragmented(Kind kind) {
  return MayCarryObjects(kind) || kind == Kind::Failure;
}

// What a message takes of its receiver's window: its bytes, and a share for what holding it costs apart from them, so that
// neither empty messages nor descriptors are free.
constexpr int64_t Cost(uint64_t length, uint32_t objects) {
  return 64 + static_cast<int64_t>(length) + 4096 * static_cast<int64_t>(objects);
}

}  // namespace gips
