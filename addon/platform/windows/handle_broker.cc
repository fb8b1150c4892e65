#include "handle_broker.h"

#include <uv.h>

#include <cstring>

#include "last_failure.h"
#include "peer_process.h"

namespace gips {

namespace {

// A frame that Inbox never sees.
constexpr auto kHandles = static_cast<Kind>(17);

// A peer that does not take them shall not have the whole table.
constexpr size_t kMostUnderWay = 1024;

void EncodeNumber(uint64_t value, size_t size, uint8_t* out) {
  for (size_t i = 0; i < size; i++) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t DecodeNumber(const uint8_t* in, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value |= uint64_t{in[i]} << (8 * i);
  return value;
}

// Not to be guessed, so that a connection can only name what is its own, in whosever table.
uint64_t NewId() {
  uint64_t id = 0;
  while (id >> 3 == 0) {
    if (uv_random(nullptr, nullptr, &id, sizeof(id), 0, nullptr) != 0) return 0;
  }
  return id;
}

bool IsOwnProcess(const Pipe& pipe) {
  DWORD pid;
  return PeerId(pipe, pid) && pid == GetCurrentProcessId();
}

}  // namespace

size_t HandleBroker::Announce(const Pipe& pipe, uint8_t* tail) {
  HandleExchange* own = HandleExchange::Own();
  id_ = own != nullptr ? NewId() : 0;
  if (id_ == 0) return 0;
  is_own_process_ = IsOwnProcess(pipe);
  bool pulls = OpenPeer(pipe, PROCESS_DUP_HANDLE).valid();
  EncodeHeader({kHandles, 0, 0, kAnnouncementSize - kHeaderSize, pulls ? 1u : 0u}, tail);
  EncodeNumber(own->section(), 8, tail + kHeaderSize);
  EncodeNumber(id_, 8, tail + kHeaderSize + 8);
  return kAnnouncementSize;
}

void HandleBroker::ReadAnnouncement(const uint8_t* packet, size_t& size) {
  if (has_heard_) return;
  has_heard_ = true;
  for (size_t offset = 0; offset + kHeaderSize <= size;) {
    FrameHeader header = DecodeHeader(packet + offset);
    size_t end = offset + kHeaderSize + header.length;
    if (header.kind == kHandles && end == size && end - offset == kAnnouncementSize) {
      peer_section_ = DecodeNumber(packet + offset + kHeaderSize, 8);
      peer_id_ = DecodeNumber(packet + offset + kHeaderSize + 8, 8);
      pulls_ = header.correlation == 1;
      has_table_ = peer_id_ != 0;
      size = offset;
      return;
    }
    offset = end;
  }
}

SendStatus HandleBroker::Give(const Pipe& pipe, const std::vector<Descriptor>& handles, uint8_t* tail) {
  last_ = 0;
  Forget();
  if (under_way_.size() + handles.size() > kMostUnderWay) return SendStatus::Shortage;
  // A server that has not answered may have the right or not. It is waited for, but not within one process, where whoever waits might wait
  // for itself.
  if (!has_heard_ && !is_own_process_) return SendStatus::Shortage;
  Place place = ChoosePlace(pipe);
  for (const Descriptor& handle : handles) {
    int entry = 0;
    if (place == Place::WithReceiver) entry = peer_exchange_->Put(handle, peer_id_, Way::In);
    if (place == Place::WithSender) entry = HandleExchange::Own()->Put(handle, id_, Way::Out);
    if (entry == HandleExchange::kFull) {
      TakeBack();
      return SendStatus::Shortage;
    }
    // A peer that ends has no handles any more; whether it has, the pipe will tell.
    Given given = {entry >= 0 ? place : Place::Nowhere, static_cast<uint16_t>(entry >= 0 ? entry : 0)};
    EncodeNumber(given.entry, 2, tail);
    EncodeNumber(static_cast<uint16_t>(given.place), 2, tail + 2);
    tail += kReferenceSize;
    if (given.place == Place::Nowhere) continue;
    under_way_.push_back(given);
    last_++;
  }
  return SendStatus::Sent;
}

bool HandleBroker::IsRefused(const Pipe& pipe) {
  return has_heard_ && ChoosePlace(pipe) == Place::Nowhere;
}

void HandleBroker::TakeBack() {
  for (; last_ > 0; last_--) {
    auto [place, entry] = under_way_.back();
    under_way_.pop_back();
    if (place == Place::WithReceiver) peer_exchange_->Drop(entry, peer_id_, Way::In);
    if (place == Place::WithSender) HandleExchange::Own()->Drop(entry, id_, Way::Out);
  }
}

// Within one process nobody leaves with them.
size_t HandleBroker::held() {
  if (is_own_process_ || under_way_.empty() || under_way_.back().place != Place::WithSender) return 0;
  Forget();
  return under_way_.size();
}

// They are received in order.
void HandleBroker::Forget() {
  while (!under_way_.empty() && !IsUnderWay(under_way_.front())) under_way_.pop_front();
}

bool HandleBroker::IsUnderWay(const Given& given) const {
  if (given.place == Place::WithReceiver) return peer_exchange_->Holds(given.entry, peer_id_, Way::In);
  return HandleExchange::Own()->Holds(given.entry, id_, Way::Out);
}

HandleBroker::Place HandleBroker::ChoosePlace(const Pipe& pipe) {
  if (has_table_ && PeerExchange(pipe) != nullptr) return Place::WithReceiver;
  bool pulls = pulls_ || (!has_heard_ && is_own_process_);
  return id_ != 0 && pulls ? Place::WithSender : Place::Nowhere;
}

HandleExchange* HandleBroker::PeerExchange(const Pipe& pipe) {
  if (!has_tried_) {
    has_tried_ = true;
    Descriptor process = OpenPeer(pipe, PROCESS_DUP_HANDLE);
    if (process.valid()) peer_exchange_ = HandleExchange::Open(std::move(process), peer_section_);
  }
  return peer_exchange_.get();
}

int HandleBroker::Receive(const Pipe& pipe, const uint8_t* references, size_t count, std::vector<Descriptor>& handles) {
  int lost = 0;
  for (size_t i = 0; i < count; i++) {
    auto entry = static_cast<uint32_t>(DecodeNumber(references + i * kReferenceSize, 2));
    auto place = static_cast<Place>(DecodeNumber(references + i * kReferenceSize + 2, 2));
    // Those behind one that is lost are fetched as well, so that nobody has to keep them.
    Descriptor handle = Fetch(pipe, place, entry, lost);
    if (lost == kInvalid) return kInvalid;
    handles.push_back(std::move(handle));
  }
  if (lost != 0) handles.clear();
  return lost;
}

Descriptor HandleBroker::Fetch(const Pipe& pipe, Place place, uint32_t entry, int& lost) {
  Descriptor handle;
  if (place == Place::WithReceiver) {
    if (id_ != 0) handle = HandleExchange::Own()->Fetch(entry, id_, Way::In);
    if (!handle.valid()) lost = kInvalid;
  } else if (place == Place::WithSender) {
    HandleExchange* exchange = has_table_ ? PeerExchange(pipe) : nullptr;
    if (exchange != nullptr) handle = exchange->Fetch(entry, peer_id_, Way::Out);
    if (!handle.valid()) lost = exchange == nullptr ? -UV_EACCES : -UV_ECONNRESET;
  } else {
    lost = place == Place::Nowhere ? -UV_EACCES : kInvalid;
  }
  return handle;
}

void HandleBroker::Close(const Descriptor& peer) {
  if (id_ != 0) HandleExchange::Own()->DropAll(id_, peer);
  id_ = 0;
  peer_exchange_.reset();
  under_way_.clear();
  last_ = 0;
}

}  // namespace gips
