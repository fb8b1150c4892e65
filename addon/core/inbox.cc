#include "core/inbox.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace gips {

namespace {

// Correlations and credit travel through JavaScript numbers.
constexpr uint64_t kMaxCorrelation = (uint64_t{1} << 53) - 1;
constexpr uint64_t kMaxGrant = uint64_t{1} << 40;

// Memory for more than this is allocated when so much has really come: that a message is large is only said.
constexpr size_t kBelieved = 1024 * 1024;

// Whether users of the channel have to do with it.
constexpr bool IsForSink(Kind kind) {
  return kind != Kind::Fragment && kind != Kind::Window && kind != Kind::Pool && kind != Kind::Slot && kind != Kind::Ring;
}

bool IsRingOffer(const FrameHeader& header) {
  return header.correlation == static_cast<uint64_t>(RingStep::Offer) && header.objects == kRingObjects && header.length == kRingOfferSize;
}

bool HasRoomForObjects(const FrameHeader& header) {
  if (header.kind == Kind::Fragment) return header.flags & kFlagFirst;
  if (header.kind == Kind::Ring) return IsRingOffer(header);
  return MayCarryObjects(header.kind) || (header.kind == Kind::Pool && header.objects == 1);
}

// What the header alone tells: the table of kinds in docs/wire-protocol.md.
bool IsValid(const FrameHeader& header) {
  if (header.correlation > kMaxCorrelation || header.objects > kMaxObjects) return false;
  if (header.flags & ~(header.kind == Kind::Fragment ? kFlagFirst | kFlagPooled : 0)) return false;
  if (header.objects > 0 && !HasRoomForObjects(header)) return false;
  switch (header.kind) {
    case Kind::Hello:
    case Kind::Welcome:
    case Kind::Refused:
      return header.correlation == 0 && header.length > 0;
    case Kind::Message:
      return header.correlation == 0;
    case Kind::Request:
    case Kind::Reply:
      return header.correlation != 0;
    case Kind::Failure:
      return header.correlation != 0 && header.length > 0;
    case Kind::Cancel:
      return header.correlation != 0 && header.length == 0;
    case Kind::Fragment:
      return header.length > 0;
    case Kind::Window:
      return header.correlation != 0 && header.correlation <= kMaxGrant && header.length == 0;
    case Kind::Goodbye:
      return header.correlation == 0 && header.length == 0;
    case Kind::Ping:
    case Kind::Pong:
    case Kind::Slot:
      return header.length == 0;
    case Kind::Pool:
      return header.correlation == 0 && header.length == kPoolOfferSize;
    case Kind::Ring:
      return IsRingOffer(header) || (header.correlation > static_cast<uint64_t>(RingStep::Offer) &&
                                     header.correlation <= static_cast<uint64_t>(RingStep::Begin) && header.length == 0);
  }
  return false;
}

}  // namespace

void Inbox::Open(uint64_t window, uint64_t max_message_size) {
  window_ = std::max(static_cast<int64_t>(window), kInitialCredit);
  max_message_size_ = max_message_size;
}

Inbox::Verdict Inbox::Accept(const uint8_t* packet, size_t size, uint32_t objects, FrameSink& sink) {
  if (size < kHeaderSize || size > kMaxPacket) return Verdict::Violation;
  for (size_t offset = 0; offset < size;) {
    if (size - offset < kHeaderSize) return Verdict::Violation;
    FrameHeader header = DecodeHeader(packet + offset);
    size_t end = offset + kHeaderSize + header.length;
    if (header.length > kMaxFramePayload || end > size || !IsValid(header) || goodbye_) return Verdict::Violation;
    // Objects belong to a frame that is alone in its packet, and exactly as many come as it says. So is one that stands for a slot: a
    // packet is what the receiver takes at a time, and may not be as large as thousands of slots.
    bool is_alone = offset == 0 && end == size;
    if (header.objects != objects || ((objects > 0 || (header.flags & kFlagPooled)) && !is_alone)) return Verdict::Violation;
    Verdict verdict = AcceptFrame(header, packet + offset + kHeaderSize, sink);
    if (verdict != Verdict::Good) return verdict;
    offset = end;
  }
  return Verdict::Good;
}

Inbox::Verdict Inbox::AcceptFrame(const FrameHeader& header, const uint8_t* payload, FrameSink& sink) {
  // The first frame is the greeting, which the sink judges; it cannot be one that the sink never sees.
  if (!greeted_ && !IsForSink(header.kind)) return Verdict::Violation;
  greeted_ = true;
  switch (header.kind) {
    case Kind::Fragment:
      return AcceptFragment(header, payload, sink);
    case Kind::Window:
      sink.OnWindow(header.correlation);
      return Verdict::Good;
    case Kind::Pool: {
      PoolOffer offer = DecodePoolOffer(payload);
      if ((offer.slots > 0) != (header.objects == 1) || offer.slots > kMaxSlots) return Verdict::Violation;
      return sink.OnPool(offer) ? Verdict::Good : Verdict::Violation;
    }
    case Kind::Slot:
      return sink.OnSlot(header.correlation) ? Verdict::Good : Verdict::Violation;
    case Kind::Ring: {
      uint64_t capacity = header.length > 0 ? DecodeRingOffer(payload) : 0;
      return sink.OnRing(static_cast<RingStep>(header.correlation), capacity) ? Verdict::Good : Verdict::Violation;
    }
    case Kind::Goodbye:
      if (open_.total > 0) return Verdict::Violation;
      goodbye_ = true;
      break;
    default:
      if (MayBeFragmented(header.kind) && header.length > max_message_size_) return Verdict::Violation;
      if (NeedsCredit(header.kind) && open_.total > 0) return Verdict::Violation;
      if (!Charge(header.kind, header.length, header.objects)) return Verdict::Violation;
  }
  sink.OnFrame(header, payload);
  return Verdict::Good;
}

Inbox::Verdict Inbox::AcceptFragment(const FrameHeader& header, const uint8_t* payload, FrameSink& sink) {
  size_t size = header.length;
  if (header.flags & kFlagFirst) {
    FragmentPrefix prefix;
    if (open_.total > 0 || size <= kFragmentPrefix || !DecodeFragmentPrefix(payload, prefix)) return Verdict::Violation;
    if (prefix.total > max_message_size_) return Verdict::Violation;
    if ((header.correlation == 0) != (prefix.kind == Kind::Message)) return Verdict::Violation;
    if (header.objects > 0 && !MayCarryObjects(prefix.kind)) return Verdict::Violation;
    if (!Charge(prefix.kind, prefix.total, header.objects)) return Verdict::Violation;
    open_ = {prefix.kind, header.correlation, prefix.total, 0, 0, nullptr, nullptr};
    sink.OnFragmentsBegin(header.objects);
    payload += kFragmentPrefix;
    size -= kFragmentPrefix;
  } else if (open_.total == 0 || header.correlation != open_.correlation) {
    return Verdict::Violation;
  }
  SlotReference reference = {};
  if (header.flags & kFlagPooled) {
    if (size != kSlotReferenceSize) return Verdict::Violation;
    reference = DecodeSlotReference(payload);
    size = reference.size;
    if (size == 0) return Verdict::Violation;
  }
  if (size > open_.total - open_.size) return Verdict::Violation;
  if (!MakeRoom(open_.size + size, sink)) return Verdict::OutOfMemory;
  uint8_t* to = open_.bytes + open_.size;
  if (header.flags & kFlagPooled) {
    if (!sink.ReadSlot(reference, to)) return Verdict::Violation;
  } else {
    std::memcpy(to, payload, size);
  }
  open_.size += size;
  if (open_.size == open_.total) {
    uint32_t total = open_.total;
    open_.total = 0;
    sink.OnReassembled(open_.kind, open_.correlation, total);
  }
  return Verdict::Good;
}

// A message may start while the peer has credit left, and is paid in full even if that exceeds it.
bool Inbox::Charge(Kind kind, uint64_t size, uint32_t objects) {
  if (!NeedsCredit(kind)) return true;
  if (outstanding_ >= window_) return false;
  outstanding_ += Cost(size, objects);
  return true;
}

bool Inbox::MakeRoom(size_t size, FrameSink& sink) {
  if (size <= open_.capacity) return true;
  if (size <= kBelieved && open_.total > kBelieved) {
    open_.first.reset(new (std::nothrow) uint8_t[kBelieved]);
    open_.bytes = open_.first.get();
    open_.capacity = kBelieved;
  } else {
    open_.bytes = sink.Allocate(open_.total);
    open_.capacity = open_.total;
    if (open_.bytes != nullptr && open_.size > 0) std::memcpy(open_.bytes, open_.first.get(), open_.size);
    open_.first.reset();
  }
  return open_.bytes != nullptr;
}

}  // namespace gips
