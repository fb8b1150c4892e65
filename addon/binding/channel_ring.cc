#include "binding/channel_ring.h"

#include <algorithm>

#include "core/ring.h"
#include "cores.h"
#include "last_failure.h"

namespace gips {

namespace {

// What a side makes for a peer that asks for it.
constexpr size_t kMostAnswered = 4 * 1024 * 1024;

}  // namespace

void ChannelRing::Use(size_t capacity, uint32_t spin) {
  usable_ = true;
  capacity_ = capacity;
  spin_ = Spin(spin);
  Offer();
}

void ChannelRing::OnWatched() {
  watched_ = true;
  Offer();
}

void ChannelRing::Offer() {
  if (!usable_ || !watched_ || capacity_ == 0 || offered_ || gave_up_) return;
  transport_.SetRing(RingLink::Create(capacity_));
  if (transport_.ring() != nullptr) {
    SendOffer();
  } else {
    GiveUp();
  }
}

void ChannelRing::SendOffer() {
  RingLink* ring = transport_.ring();
  offered_ = true;
  uint8_t payload[kRingOfferSize];
  EncodeRingOffer(ring->capacity(), payload);
  host_.SendRingStep(RingStep::Offer, payload, sizeof(payload), ring->TakeOffer());
}

bool ChannelRing::OnStep(RingStep step, uint64_t capacity, std::vector<Descriptor> objects, bool lost) {
  switch (step) {
    case RingStep::Offer:
      return OnOffer(capacity, objects, lost);
    case RingStep::Accept:
      if (gave_up_) return true;  // it had not heard of that yet
      if (!offered_ || accepted_) return false;
      accepted_ = true;
      BeginIfAgreed();
      return true;
    case RingStep::Refuse:
      if (gave_up_) return true;
      if (!offered_ || accepted_ || transport_.receives_by_ring()) return false;
      GiveUp();
      return true;
    case RingStep::Begin:
      // What it sent before may be behind this: its acceptance of our half waits for its turn like any other frame.
      if (!offered_ || !transport_.has_ring() || transport_.receives_by_ring()) return false;
      transport_.ReceiveByRing();
      return true;
  }
  return false;
}

bool ChannelRing::OnOffer(uint64_t capacity, const std::vector<Descriptor>& objects, bool lost) {
  if (!usable_ || has_offer_ || !IsRingCapacity(capacity)) return false;
  has_offer_ = true;
  if (gave_up_) return true;
  int error = lost || !watched_ ? UV_EAGAIN : Complete(capacity, objects);
  if (error == UV_EPROTO) return false;
  if (error != 0) {
    GiveUp();
    host_.SendRingStep(RingStep::Refuse, nullptr, 0, nullptr);
    return true;
  }
  if (!offered_) SendOffer();
  host_.SendRingStep(RingStep::Accept, nullptr, 0, nullptr);
  BeginIfAgreed();
  return true;
}

int ChannelRing::Complete(size_t capacity, const std::vector<Descriptor>& objects) {
  if (transport_.ring() == nullptr) transport_.SetRing(RingLink::Create(std::min(capacity, kMostAnswered)));
  if (transport_.ring() == nullptr) return LastFailure();
  int error = transport_.ring()->Accept(objects, capacity);
  if (error == 0) error = bell_.Open(environment_.loop(), transport_.bell_fd(), this, &environment_);
  if (error == 0) bell_.Watch(UV_READABLE);
  return error;
}

void ChannelRing::BeginIfAgreed() {
  if (!accepted_ || !transport_.has_ring()) return;
  transport_.SendByRing();
  host_.OnRingNews(RingNews::Open);
  CheckSpin();
}

void ChannelRing::GiveUp() {
  Close();
  gave_up_ = true;
  transport_.SetRing(nullptr);
  host_.OnRingNews(RingNews::Refused);
}

void ChannelRing::Close() {
  bell_.Close();
}

bool ChannelRing::SpinForData() {
  if (!spin_.active()) return false;
  bool found = spin_.Until([this] { return transport_.HasInRing(); });
  switch (spin_.Judge()) {
    case Spin::Verdict::Undecided:
      break;
    case Spin::Verdict::Worthwhile:
      CheckSpin();
      break;
    case Spin::Verdict::InVain:
      host_.OnRingNews(RingNews::SpinInVain);
  }
  return found;
}

void ChannelRing::CheckSpin() {
  if (!spin_.active() || HasOtherCores()) return;
  spin_.Stop();
  host_.OnRingNews(RingNews::SpinOnOneCore);
}

}  // namespace gips
