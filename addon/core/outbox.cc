#include "core/large_memory.h"
#include "core/outbox_entry.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace gips {

namespace {

// A payload from here on leaves straight from the caller's memory; below it, one more copy is cheaper than one more system call.
constexpr size_t kDirectFrom = 16 * 1024;

// A queued payload from here on lies in a packet of the pool: malloc would give its memory back to the system each time, and take it anew.
constexpr size_t kPooledFrom = kMaxPacket / 2;

// What one large message may send in one go, so that others get their turn between its fragments.
constexpr size_t kDirectBudget = 1024 * 1024;

// These serve the channel itself and wait for nothing.
constexpr bool IsImmediate(Kind kind) {
  return kind == Kind::Window || kind == Kind::Ping || kind == Kind::Pong || kind == Kind::Pool || kind == Kind::Slot || kind == Kind::Ring;
}

// What a piece of a message takes of a budget: one that lies in a slot is as cheap as a packet.
constexpr size_t Weight(size_t piece) {
  return std::min(std::max(piece, kHeaderSize), kMaxFramePayload);
}

// What a frame's header adds to the bytes its user waits for.
constexpr size_t CountedHeader(Kind kind) {
  return IsImmediate(kind) ? 0 : kHeaderSize;
}

}  // namespace

void Outbox::Clear() {
  while (waiting_ != nullptr) Remove(waiting_);
  while (ready_ != nullptr) {
    Packet* packet = ready_;
    ready_ = packet->next;
    pool_.Release(packet);
  }
  ready_last_ = nullptr;
  if (open_ != nullptr) pool_.Release(open_);
  open_ = nullptr;
  buffered_ = 0;
  answers_ = 0;
  CloseSlots();
}

void Outbox::Open(bool raw, uint64_t mark) {
  raw_ = raw;
  mark_ = mark;
}

Outbox::Result Outbox::Send(Frame frame, bool at_once) {
  if (broken_) return {SendStatus::Broken, 0};
  uint64_t sequence = ++sequence_;
  // GOODBYE is the last frame: while it waits, slots of the peer's are still read, and their answers are no longer wanted.
  if (said_goodbye_) return {SendStatus::Sent, sequence};
  said_goodbye_ = frame.kind == Kind::Goodbye;
  if (said_goodbye_) sink_.OpenReserve();
  auto enqueue = [&] {
    Entry entry(frame, sequence);
    return Result{Enqueue(entry), sequence};
  };
  if (!MayStart(frame)) return enqueue();
  bool alone = raw_ || frame.attachment != nullptr || frame.size >= kDirectFrom;
  if (alone || at_once) {
    // What was sent before goes before it.
    if (!empty() && !blocked_ && Flush(kDirectBudget) == SendStatus::Broken) return {SendStatus::Broken, 0};
    if (!MayStart(frame)) return enqueue();
    if (open_ == nullptr && ready_ == nullptr && !blocked_) {
      Entry entry(frame, sequence);
      return {SendDirect(entry), sequence};
    }
  }
  if (raw_ || frame.attachment != nullptr || frame.size > kMaxFramePayload) return enqueue();
  Pay(frame.kind, frame.size, 0);
  if (!Fits(frame.size)) {
    CloseOpen();
    size_t budget = SIZE_MAX;
    if (!blocked_) SendReady(budget);
  }
  Append({frame.kind, 0, 0, static_cast<uint32_t>(frame.size), frame.correlation}, frame.data);
  buffered_ += frame.size + CountedHeader(frame.kind);
  return {broken_ ? SendStatus::Broken : SendStatus::Sent, sequence};
}

size_t Outbox::PackedRoom() const {
  if (raw_ || broken_ || said_goodbye_ || waiting_ != nullptr || credit_ <= 0) return 0;
  // What is about to leave takes small messages along.
  if (!blocked_) return empty() ? kMaxPacket : 0;
  return buffered_ < mark_ ? std::min<uint64_t>(mark_ - buffered_ - 1, kMaxPacket) : 0;
}

void Outbox::SendPacked(const uint8_t* packet, size_t size, int64_t cost) {
  credit_ -= cost;
  if (!blocked_) {
    if (open_ != nullptr) CloseOpen();
    size_t budget = SIZE_MAX;
    SendReady(budget);
  }
  Segment whole = {packet, size};
  bool may_start = empty() && !blocked_ && !broken_;
  if (may_start && Note(sink_.SendPacket(&whole, 1, nullptr)) == SendStatus::Sent) return;
  if (broken_) return;
  if (open_ != nullptr && open_->size + size > kMaxPacket) CloseOpen();
  if (open_ == nullptr) open_ = pool_.Acquire();
  std::memcpy(open_->data + open_->size, packet, size);
  open_->size += size;
  open_->counted += size;
  buffered_ += size;
}

// Whether nothing that must come first stands before this frame.
bool Outbox::MayStart(const Frame& frame) const {
  if (raw_) return waiting_ == nullptr;
  if (frame.size > kMaxFramePayload && active_ != nullptr) return false;
  // The exempt kinds keep their order among themselves, so that GOODBYE is the last.
  if (!NeedsCredit(frame.kind)) return exempt_waiting_ == 0 || IsImmediate(frame.kind);
  if (waiting_ != nullptr || credit_ <= 0) return false;
  return !(blocked_ && buffered_ + frame.size + kHeaderSize >= mark_);
}

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

// Takes the entry's bytes: into slots as far as there are any, and into memory of its own.
SendStatus Outbox::Enqueue(Entry& entry) {
  while (Stage(entry)) {
  }
  size_t from = entry.unstaged();
  size_t size = entry.size - from;
  Packet* packet = size >= kPooledFrom && size <= kMaxPacket ? pool_.Acquire() : nullptr;
  std::unique_ptr<uint8_t[]> bytes(packet == nullptr ? new (std::nothrow) uint8_t[size] : nullptr);
  uint8_t* data = packet != nullptr ? packet->data : bytes.get();
  if (data == nullptr) {
    Unstage(entry);
    return SendStatus::Shortage;
  }
  PreferLargePages(data, size);
  if (size > 0) std::memcpy(data, entry.at(from), size);
  auto* queued = new Entry(std::move(entry));
  queued->bytes = std::move(bytes);
  queued->packet = packet;
  queued->data = data;
  queued->data_from = from;
  queued->previous = waiting_last_;
  (waiting_last_ != nullptr ? waiting_last_->next : waiting_) = queued;
  waiting_last_ = queued;
  if (!NeedsCredit(queued->kind)) exempt_waiting_++;
  if (queued->kind == Kind::Slot) answers_++;
  buffered_ += queued->size - queued->offset + (queued->offset == 0 ? CountedHeader(queued->kind) : 0);
  return SendStatus::Sent;
}

bool Outbox::Cancel(uint64_t sequence) {
  for (Entry* entry = waiting_; entry != nullptr; entry = entry->next) {
    if (entry->sequence != sequence) continue;
    if (entry == active_) return false;
    buffered_ -= entry->size + CountedHeader(entry->kind);
    Remove(entry);
    return true;
  }
  return false;
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

bool Outbox::Fits(size_t size) const {
  return kHeaderSize + size <= kMaxPacket - (open_ != nullptr ? open_->size : 0);
}

void Outbox::Append(const FrameHeader& header, const uint8_t* data) {
  if (open_ == nullptr) open_ = pool_.Acquire();
  uint8_t* out = open_->data + open_->size;
  EncodeHeader(header, out);
  if (header.length > 0) std::memcpy(out + kHeaderSize, data, header.length);
  open_->size += kHeaderSize + header.length;
  open_->counted += CountedHeader(header.kind) + header.length;
  if (header.kind != Kind::Slot) return;
  open_->answers++;
  answers_++;
}

void Outbox::CloseOpen() {
  if (ready_last_ != nullptr) {
    ready_last_->next = open_;
  } else {
    ready_ = open_;
  }
  ready_last_ = open_;
  open_ = nullptr;
}

void Outbox::Remove(Entry* entry) {
  (entry->previous != nullptr ? entry->previous->next : waiting_) = entry->next;
  (entry->next != nullptr ? entry->next->previous : waiting_last_) = entry->previous;
  if (active_ == entry) active_ = nullptr;
  if (!NeedsCredit(entry->kind)) exempt_waiting_--;
  if (entry->kind == Kind::Slot) answers_--;
  Unstage(*entry);
  if (entry->packet != nullptr) pool_.Release(entry->packet);
  delete entry;
}

}  // namespace gips
