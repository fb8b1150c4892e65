// The outbox and the memory it shares with its peer: large payloads lie in slots, and fragments say where.
#include <cstring>

#include "core/outbox_entry.h"

namespace gips {

namespace {

// From here on a payload goes through slots (measured: docs/performance.md).
constexpr size_t kPooledFrom = 128 * 1024;

}  // namespace

// Before the peer has accepted it, payloads go in packets as ever: an offer whose descriptor the peer has no room for costs nothing else.
// It goes when a large message is next: everything that must come before has left, such as the welcome, or the last withdrawal.
void Outbox::OfferSlots(size_t payload) {
  if (slots_ == nullptr || payload < kPooledFrom || pool_state_ != PoolState::None) return;
  const Attachment* memory = slots_->Open();
  if (memory == nullptr) return;
  uint8_t packet[kHeaderSize + kPoolOfferSize];
  EncodeHeader({Kind::Pool, 0, static_cast<uint16_t>(memory->count()), kPoolOfferSize, 0}, packet);
  EncodePoolOffer(slots_->offer(), packet + kHeaderSize);
  Segment whole = {packet, sizeof(packet)};
  if (Note(sink_.SendPacket(&whole, 1, memory)) == SendStatus::Sent) pool_state_ = PoolState::Offered;
}

bool Outbox::OnSlot(uint64_t number) {
  if (number == 0) {
    if (pool_state_ != PoolState::Offered) return false;
    pool_state_ = PoolState::InUse;
    with_peer_.assign(slots_->offer().slots, false);
    return true;
  }
  uint64_t slot = number - 1;
  if (pool_state_ != PoolState::InUse || slot >= with_peer_.size() || !with_peer_[slot]) return false;
  with_peer_[slot] = false;
  slots_->Release(static_cast<uint32_t>(slot));
  slots_taken_--;
  return true;
}

// Copies the next bytes of the payload into a slot. False where there is none, or they are too few.
bool Outbox::Stage(Entry& entry) {
  if (pool_state_ != PoolState::InUse || entry.size < kPooledFrom) return false;
  size_t from = entry.unstaged();
  size_t size = std::min<size_t>(entry.size - from, slots_->offer().slot_size);
  if (size <= kMaxFramePayload) return false;
  int slot = slots_->Acquire(size);
  if (slot < 0) return false;
  std::memcpy(slots_->data(slot), entry.at(from), size);
  entry.staged.push_back({static_cast<uint32_t>(slot), static_cast<uint32_t>(size)});
  entry.staged_until = from + size;
  slots_taken_++;
  slots_used_ = true;
  return true;
}

void Outbox::Unstage(Entry& entry) {
  for (; entry.has_staged(); entry.staged_sent++) {
    slots_->Release(entry.staged[entry.staged_sent].slot);
    slots_taken_--;
  }
}

bool Outbox::TrimSlots() {
  if (pool_state_ != PoolState::InUse) return false;
  bool idle = !slots_used_ && slots_taken_ == 0;
  slots_used_ = false;
  if (!idle || exempt_waiting_ > 0) return true;  // nothing that might offer it anew may go before the withdrawal
  uint8_t withdrawal[kPoolOfferSize];
  EncodePoolOffer({slots_->offer().slot_size, 0}, withdrawal);
  CloseSlots();
  Send({Kind::Pool, withdrawal, sizeof(withdrawal), 0, nullptr}, true);
  return false;
}

void Outbox::CloseSlots() {
  if (slots_ != nullptr) slots_->Close();
  pool_state_ = PoolState::None;
  slots_taken_ = 0;
}

}  // namespace gips
