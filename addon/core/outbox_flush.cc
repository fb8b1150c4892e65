// How what the outbox holds leaves: in whole packets, in fragments, and in which order.
#include "core/outbox_entry.h"

namespace gips {

namespace {

// What a piece of a message takes of a budget: one that lies in a slot is as cheap as a packet.
constexpr size_t Weight(size_t piece) {
  return std::min(std::max(piece, kHeaderSize), kMaxFramePayload);
}

}  // namespace

// Sends from the caller's memory; what the sink does not take any more is queued.
SendStatus Outbox::SendDirect(Entry& entry) {
  Pay(entry.kind, entry.size, entry.objects());
  buffered_ += entry.size + CountedHeader(entry.kind);
  SendStatus status;
  size_t budget = kDirectBudget;
  do {
    size_t before = entry.offset;
    status = SendPiece(entry);
    budget -= std::min(budget, Weight(entry.offset - before));
  } while (status == SendStatus::Sent && IsPartlySent(entry) && budget > 0);
  if (status == SendStatus::Sent && !IsPartlySent(entry)) return status;
  bool started = entry.offset > 0;
  buffered_ -= entry.size - entry.offset + (started ? 0 : CountedHeader(entry.kind));
  if (!started) Refund(entry.kind, entry.size, entry.objects());
  if (status == SendStatus::Broken || status == SendStatus::TooLarge) {
    Unstage(entry);
  } else {
    status = Enqueue(entry);
  }
  if (!started) return status;
  // Part of it has left: without its rest the stream is worth nothing.
  if (status != SendStatus::Sent) return Note(SendStatus::Broken);
  active_ = waiting_last_;
  return status;
}

SendStatus Outbox::Flush(size_t budget) {
  for (;;) {
    if (broken_) return SendStatus::Broken;
    if (blocked_) return SendStatus::Full;
    SendStatus status = SendReady(budget);
    if (status == SendStatus::TooLarge) return Note(SendStatus::Broken);
    if (status != SendStatus::Sent || budget == 0) return status;
    Entry* entry = Eligible();
    if (entry != nullptr && IsPackable(*entry) && Fits(entry->size)) {
      Pay(entry->kind, entry->size, 0);
      Append({entry->kind, 0, 0, static_cast<uint32_t>(entry->size), entry->correlation}, entry->at(0));
      Remove(entry);
    } else if (open_ != nullptr) {
      CloseOpen();
    } else if (entry != nullptr) {
      if (entry != active_) Pay(entry->kind, entry->size, entry->objects());
      size_t before = entry->offset;
      status = SendPiece(*entry);
      if (status != SendStatus::Sent) {
        if (entry != active_) Refund(entry->kind, entry->size, entry->objects());
        // What was accepted can no longer be refused, only lost, and that ends the channel.
        return status == SendStatus::TooLarge ? Note(SendStatus::Broken) : status;
      }
      budget -= std::min(budget, Weight(entry->offset - before));
      if (IsPartlySent(*entry)) {
        active_ = entry;
      } else {
        Remove(entry);
      }
    } else {
      return SendStatus::Sent;
    }
  }
}

bool Outbox::waits_for_credit() const {
  return waiting_ != nullptr && !blocked_ && ready_ == nullptr && Eligible() == nullptr;
}

bool Outbox::IsPackable(const Entry& entry) const {
  return !raw_ && entry.size < kDirectFrom && entry.attachment == nullptr;
}

bool Outbox::IsPartlySent(const Entry& entry) const {
  return !raw_ && entry.fragmented() && entry.offset < entry.size;
}

// The next queued frame that may be sent now.
Outbox::Entry* Outbox::Eligible() const {
  if (active_ != nullptr) return active_;
  if (waiting_ == nullptr || raw_) return waiting_;
  if (exempt_waiting_ > 0) {
    Entry* entry = waiting_;
    while (NeedsCredit(entry->kind)) entry = entry->next;
    return entry;
  }
  return credit_ > 0 ? waiting_ : nullptr;
}

// One packet of the entry: all of it, or its next fragment.
SendStatus Outbox::SendPiece(Entry& entry) {
  if (raw_) {
    Segment whole = {entry.at(0), entry.size};
    SendStatus status = Note(sink_.SendPacket(&whole, 1, entry.attachment.get()));
    if (status == SendStatus::Sent) buffered_ -= entry.size + CountedHeader(entry.kind);
    return status;
  }
  uint8_t head[kHeaderSize + kFragmentPrefix + kSlotReferenceSize];
  bool first = entry.offset == 0;
  if (first) OfferSlots(entry.size);
  bool pooled = entry.has_staged() || Stage(entry);
  size_t prefix = entry.fragmented() && first ? kFragmentPrefix : 0;
  if (prefix > 0) EncodeFragmentPrefix({entry.kind, static_cast<uint32_t>(entry.size)}, head + kHeaderSize);
  size_t piece;
  if (pooled) {
    const SlotReference& reference = entry.staged[entry.staged_sent];
    EncodeSlotReference(reference, head + kHeaderSize + prefix);
    prefix += kSlotReferenceSize;
    piece = reference.size;
  } else {
    piece = std::min(entry.size - entry.offset, kMaxFramePayload - prefix);
  }
  size_t in_packet = pooled ? 0 : piece;
  FrameHeader header = {entry.kind, 0, static_cast<uint16_t>(first ? entry.objects() : 0), static_cast<uint32_t>(prefix + in_packet),
                        entry.correlation};
  if (entry.fragmented()) {
    header.kind = Kind::Fragment;
    header.flags = (first ? kFlagFirst : 0) | (pooled ? kFlagPooled : 0);
  }
  EncodeHeader(header, head);
  Segment segments[2] = {{head, kHeaderSize + prefix}, {in_packet > 0 ? entry.at(entry.offset) : nullptr, in_packet}};
  SendStatus status = Note(sink_.SendPacket(segments, in_packet > 0 ? 2 : 1, first ? entry.attachment.get() : nullptr));
  if (status != SendStatus::Sent) return status;
  if (pooled) with_peer_[entry.staged[entry.staged_sent++].slot] = true;
  entry.offset += piece;
  buffered_ -= piece + (first ? CountedHeader(entry.kind) : 0);
  return status;
}

SendStatus Outbox::SendReady(size_t& budget) {
  while (ready_ != nullptr && budget > 0) {
    Segment whole = {ready_->data, ready_->size};
    SendStatus status = Note(sink_.SendPacket(&whole, 1, nullptr));
    if (status != SendStatus::Sent) return status;
    Packet* packet = ready_;
    ready_ = packet->next;
    if (ready_ == nullptr) ready_last_ = nullptr;
    buffered_ -= packet->counted;
    answers_ -= packet->answers;
    budget -= std::min(budget, packet->size);
    pool_.Release(packet);
  }
  return SendStatus::Sent;
}

SendStatus Outbox::Note(SendStatus status) {
  if (status == SendStatus::Full) blocked_ = true;
  if (status == SendStatus::Broken) broken_ = true;
  return status;
}

void Outbox::Pay(Kind kind, size_t size, uint32_t objects) {
  if (NeedsCredit(kind)) credit_ -= Cost(size, objects);
}

void Outbox::Refund(Kind kind, size_t size, uint32_t objects) {
  if (NeedsCredit(kind)) credit_ += Cost(size, objects);
}

}  // namespace gips
