#include "core/large_memory.h"
#include "core/outbox_entry.h"

#include <cstring>
#include <new>

namespace gips {

namespace {

// A queued payload from here on lies in a packet of the pool: malloc would give its memory back to the system each time, and take it anew.
constexpr size_t kPooledFrom = kMaxPacket / 2;

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
