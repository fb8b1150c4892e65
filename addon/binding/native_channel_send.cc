// The sending side of NativeChannel: from a call, or a packet that JavaScript has filled, to the outbox; and what happens when the turn
// ends.
#include "binding/native_channel.h"
#include "binding/native_descriptor.h"
#include "binding/payload.h"
#include "binding/wrap.h"

#include <algorithm>
#include <cstring>

namespace gips {

namespace {

// A larger message leaves straight from its sender's memory.
constexpr size_t kMaxStaged = 16 * 1024 - 1;

// What answers a batch leaves in packets of about so many messages, so that the peer has something to do while the rest is answered.
constexpr size_t kAnswersAtOnce = 16;

// What one channel may send in one turn of the loop.
constexpr size_t kTurnBudget = 1024 * 1024;

// Why a frame was not accepted.
int ErrorOf(SendStatus status) {
  switch (status) {
    case SendStatus::Sent:
    case SendStatus::Full:
      return 0;
    case SendStatus::Shortage:
      return UV_ENOMEM;
    case SendStatus::TooLarge:
      return UV_EMSGSIZE;
    case SendStatus::Broken:
      break;
  }
  return UV_EPIPE;
}

bool TakeObjects(Napi::Env env, Napi::Array objects, DescriptorList& list) {
  for (uint32_t i = 0; i < objects.Length(); i++) {
    napi_value element;
    if (napi_get_element(env, objects, i, &element) != napi_ok) return false;
    auto* object = UnwrapNative<NativeDescriptor>(env, element);
    if (object == nullptr || !list.AddDuplicate(object->owned())) return false;
  }
  return true;
}

}  // namespace

Napi::Value NativeChannel::Send(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!transport_.open()) return Failure(env, UV_EPIPE);
  Payload payload(env, info[1]);
  Outbox::Frame frame = {static_cast<Kind>(info[0].As<Napi::Number>().Uint32Value()), payload.data(), payload.size(),
                         static_cast<uint64_t>(info[2].As<Napi::Number>().Int64Value()), nullptr};
  if (mode_ == Mode::Raw && frame.size > max_raw_size_) return Failure(env, UV_EMSGSIZE);
  if (info[3].IsArray()) {
    if (int failure = transport_.ObjectsFailure(); failure != 0) return Failure(env, failure);
    auto list = std::make_unique<DescriptorList>();
    if (!TakeObjects(env, info[3].As<Napi::Array>(), *list)) return Failure(env);
    frame.attachment = std::move(list);
  }
  LeaveStage();
  // The first of a turn goes out at once and the rest keeps it company, and so does everything that answers a batch: the flush behind its
  // callback is near. Without a loop nobody would flush.
  bool at_once = !source_.open() || !(sent_this_turn_ || in_busy_batch_);
  if (!at_once && SendOnStage(frame)) return Napi::Number::New(env, 0);
  uint64_t sequence = 0;
  int error = SendFrame(std::move(frame), at_once, &sequence);
  if (at_once) EnterStage();
  return Napi::Number::New(env, error != 0 ? error : static_cast<double>(sequence));
}

// From now on until the end of the turn JavaScript packs the small messages of this channel itself.
void NativeChannel::EnterStage() {
  if (mode_ != Mode::Framed || !source_.open() || outbox_.PackedRoom() == 0) return;
  Stage& stage = environment_->stage;
  if (stage.user != nullptr) stage.user->LeaveStage();
  stage.user = this;
  stage_credit_ = outbox_.credit();
  State(kStaged) = 0;
  State(kStageRoom) = static_cast<double>(outbox_.PackedRoom());
  State(kStageCredit) = static_cast<double>(stage_credit_);
  environment_->MarkDirty(this, true);
}

// What is on the stage leaves.
void NativeChannel::LeaveStage() {
  Stage& stage = environment_->stage;
  if (stage.user != this) return;
  stage.user = nullptr;
  auto size = static_cast<size_t>(State(kStaged));
  int64_t cost = stage_credit_ - static_cast<int64_t>(State(kStageCredit));
  State(kStaged) = State(kStageRoom) = State(kStageCredit) = 0;
  if (size == 0 || !transport_.open()) return;
  outbox_.SendPacked(stage.data, size, cost);
  AfterOutput();
}

// Puts the frame there as JavaScript would.
bool NativeChannel::SendOnStage(const Outbox::Frame& frame) {
  if (!MayBeFragmented(frame.kind) || frame.kind == Kind::Failure || frame.attachment != nullptr || frame.size > kMaxStaged) return false;
  EnterStage();
  size_t size = kHeaderSize + frame.size;
  // The others are taken to be of its size.
  if (in_busy_batch_) State(kStageRoom) = std::min(State(kStageRoom), static_cast<double>(size * kAnswersAtOnce));
  if (environment_->stage.user != this || size > State(kStageRoom)) return false;
  uint8_t* out = environment_->stage.data;
  EncodeHeader({frame.kind, 0, 0, static_cast<uint32_t>(frame.size), frame.correlation}, out);
  if (frame.size > 0) std::memcpy(out + kHeaderSize, frame.data, frame.size);
  State(kStaged) = static_cast<double>(size);
  State(kStageRoom) -= static_cast<double>(size);
  if (NeedsCredit(frame.kind)) State(kStageCredit) -= static_cast<double>(Cost(frame.size, 0));
  State(kBuffered) += static_cast<double>(size);
  return true;
}

int NativeChannel::SendFrame(Outbox::Frame frame, bool at_once, uint64_t* sequence) {
  // Without a loop nobody hears that the socket takes packets again.
  if (!source_.open()) outbox_.Unblock();
  Outbox::Result result = outbox_.Send(std::move(frame), at_once);
  sent_this_turn_ = true;
  AfterOutput();
  if (sequence != nullptr) *sequence = result.sequence;
  return ErrorOf(result.status);
}

Napi::Value NativeChannel::Cancel(const Napi::CallbackInfo& info) {
  bool removed = outbox_.Cancel(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
  if (removed) FlushSoon();
  return Napi::Boolean::New(info.Env(), removed);
}

Napi::Value NativeChannel::Flush(const Napi::CallbackInfo& info) {
  if (!transport_.open()) return Failure(info.Env(), UV_EPIPE);
  LeaveStage();
  outbox_.Unblock();  // called in place of the event that would say so
  SendStatus status = outbox_.Flush();
  AfterOutput();
  int answer = status == SendStatus::Broken ? UV_EPIPE : status == SendStatus::Shortage || transport_.held() > 0 ? 1 : 0;
  return Napi::Number::New(info.Env(), answer);
}

// At the end of the turn if there is a loop, so that whoever waits is told.
void NativeChannel::FlushSoon() {
  if (source_.open()) {
    environment_->MarkDirty(this, outbox_.buffered() > 0);
    AfterOutput();
  } else {
    outbox_.Flush();
    AfterOutput();
  }
}

void NativeChannel::UpdateBuffered() {
  State(kBuffered) = static_cast<double>(outbox_.buffered() + transport_.under_way() + transport_.held()) + State(kStaged);
}

void NativeChannel::AfterOutput() {
  UpdateBuffered();
  if (!source_.open()) return;
  bool waits_for_turn = !outbox_.empty() && !outbox_.blocked() && !outbox_.broken() && !outbox_.waits_for_credit();
  if (waits_for_turn || sent_this_turn_) environment_->MarkDirty(this, waits_for_turn && outbox_.buffered() > 0);
  UpdateWatch();
}

// The loop turn ends: what kept each other company goes out.
FlushResult NativeChannel::FlushTurn() {
  sent_this_turn_ = false;
  LeaveStage();
  SendStatus status = outbox_.Flush(kTurnBudget);
  bool rest = status == SendStatus::Sent && !outbox_.empty() && !outbox_.waits_for_credit();
  UpdateBuffered();
  UpdateWatch();
  Notify();
  if (!transport_.open()) return FlushResult::Done;
  if (status == SendStatus::Shortage || transport_.held() > 0) return FlushResult::Later;
  return rest ? FlushResult::Again : FlushResult::Done;
}

// Now and then: what has not been used for a while goes.
bool NativeChannel::Tidy() {
  bool rest = outbox_.TrimSlots();
  AfterOutput();
  return rest;
}

// Tells those who wait for the queue to become shorter, and, once, that the socket takes nothing any more.
void NativeChannel::Notify() {
  bool is_news = outbox_.broken() && !told_broken_;
  double below = State(kNotifyBelow);
  if (!is_news && (below == 0 || State(kBuffered) >= below)) return;
  told_broken_ = outbox_.broken();
  State(kNotifyBelow) = 0;
  Napi::HandleScope scope(Env());
  environment_->Dispatch(Environment::Event::Writable, {owner_.Value(), Napi::Number::New(Env(), told_broken_ ? UV_EPIPE : 0)});
}

void NativeChannel::Grant(const Napi::CallbackInfo& info) {
  if (transport_.open()) GrantCredit(info[0].As<Napi::Number>().Int64Value());
}

void NativeChannel::GrantCredit(int64_t cost) {
  if (mode_ != Mode::Framed) return;
  inbox_.Granted(cost);
  SendFrame({Kind::Window, nullptr, 0, static_cast<uint64_t>(cost), nullptr}, !source_.open());
}

}  // namespace gips
