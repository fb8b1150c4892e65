// NativeChannel by a ring: woken by its bell.
#include "binding/native_channel.h"

namespace gips {

namespace {

// How long, in nanoseconds, one ring of the bell may keep the loop busy before others get their turn.
constexpr uint64_t kTurn = 1'000'000;

}  // namespace

Napi::Value NativeChannel::GetBell(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), transport_.has_ring() ? transport_.bell_fd() : -1);
}

void NativeChannel::AwaitBell(const Napi::CallbackInfo&) {
  BeforeSleep();
}

void NativeChannel::UseRing(const Napi::CallbackInfo& info) {
  if (!transport_.open()) return;
  ring_.Use(static_cast<size_t>(info[0].As<Napi::Number>().Int64Value()), info[1].As<Napi::Number>().Uint32Value());
}

bool NativeChannel::OnRing(RingStep step, uint64_t capacity) {
  std::vector<Descriptor> objects;
  objects.swap(packet_objects_);
  return ring_.OnStep(step, capacity, std::move(objects), packet_lost_ != 0);
}

void NativeChannel::SendRingStep(RingStep step, const uint8_t* payload, size_t size, std::unique_ptr<Attachment> objects) {
  SendFrame({Kind::Ring, payload, size, static_cast<uint64_t>(step), std::move(objects)}, true);
}

void NativeChannel::OnRingNews(RingNews news) {
  ring_news_.set(static_cast<size_t>(news));
}

void NativeChannel::OnBell() {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] Napi::Value self = Value();  // the callback may close and drop us
  WakeUp();
  uint64_t end = uv_hrtime() + kTurn;
  while (!ended_) {
    Napi::HandleScope batch_scope(Env());
    DeliverBatch(true);
    environment_->FlushDirty();
    if (!transport_.open()) return;
    if (uv_hrtime() >= end) break;
    if (!transport_.HasInRing() && !ring_.SpinForData()) break;
  }
  UpdateWatch();
  BeforeSleep();
}

void NativeChannel::WakeUp() {
  if (!transport_.has_ring()) return;
  bool waits_for_room = outbox_.blocked() && !transport_.waits_for_socket();
  transport_.Wake();
  if (!waits_for_room) return;
  outbox_.Unblock();
  FlushSoon();
}

// The loop, or whoever calls, may sleep from here on: the peer is told so, and what has come meanwhile is taken when the bell is heard.
void NativeChannel::BeforeSleep() {
  if (transport_.open() && !ended_ && transport_.AwaitRing()) transport_.RingOwnBell();
}

}  // namespace gips
