// The receiving side of NativeChannel: from the loop's wake-up to one batch of records for JavaScript.
#include "binding/native_channel.h"
#include "binding/native_descriptor.h"

namespace gips {

namespace {

// What one wake-up may take, so that a busy peer starves neither the others nor the loop. libuv's poll is level-triggered: the rest comes next turn.
constexpr size_t kBatchBytes = 512 * 1024;

// How a batch ended, as `End` in lib/native/binding.ts.
constexpr int kGoesOn = 0;
constexpr int kEndOfFile = 1;
constexpr int kViolation = 2;

constexpr auto kLost = static_cast<Kind>(255);

}  // namespace

void NativeChannel::OnReady(int status, int events) {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] Napi::Value self = Value();  // the callback may close and drop us
  // libuv reports an error on the socket (the peer closed with unread data) as EBADF and stops watching. What the peer sent is still to be read.
  bool failed = status < 0;
  if (failed || (events & UV_WRITABLE)) {
    outbox_.Unblock();
    FlushSoon();
  }
  bool readable = failed || (events & (UV_READABLE | UV_DISCONNECT));
  if (readable && !ended_) {
    State(kInCallback) = 1;
    if (mode_ == Mode::Greeting) {
      reading_ = false;  // one call for the first packet; whoever decides on it watches again
      Napi::Object nothing = Napi::Object::New(Env());
      nothing["count"] = Napi::Number::New(Env(), 0);
      nothing["end"] = Napi::Number::New(Env(), kGoesOn);
      environment_->Dispatch(Environment::Event::Batch, {owner_.Value(), nothing});
    } else {
      Napi::Object batch = ReceiveBatch();
      in_busy_batch_ = records_ > 1;
      environment_->Dispatch(Environment::Event::Batch, {owner_.Value(), batch});
      in_busy_batch_ = false;
    }
    State(kInCallback) = 0;
  }
  UpdateWatch();
  environment_->FlushDirty();
}

Napi::Value NativeChannel::Receive(const Napi::CallbackInfo&) {
  return ReceiveBatch();
}

Napi::Object NativeChannel::ReceiveBatch() {
  Napi::Env env = Env();
  arena_.Begin(env);
  records_ = 0;
  batch_objects_.clear();
  int end = ended_ || !transport_.open() ? kEndOfFile : ReceivePackets();
  if (end != kGoesOn) {
    ended_ = true;
    reading_ = false;
    held_objects_.clear();
  }
  Napi::Object batch = Napi::Object::New(env);
  batch["count"] = Napi::Number::New(env, static_cast<double>(records_));
  batch["end"] = Napi::Number::New(env, end);
  batch["buffers"] = arena_.Finish();
  Napi::Array objects = Napi::Array::New(env, batch_objects_.size());
  for (uint32_t i = 0; i < batch_objects_.size(); i++) {
    objects.Set(i, NativeDescriptor::Wrap(*environment_, std::move(batch_objects_[i])));
  }
  batch_objects_.clear();
  batch["objects"] = objects;
  return batch;
}

int NativeChannel::ReceivePackets() {
  size_t bytes = 0;
  uint8_t* buffer = environment_->receive_buffer;
  while (bytes < kBatchBytes && kMaxRecords - records_ >= kMaxFramesPerPacket) {
    packet_objects_.clear();
    Transport::Received received = transport_.Receive(buffer, sizeof(environment_->receive_buffer), packet_objects_);
    if (received.status == Transport::ReceiveStatus::Nothing) break;
    if (received.status == Transport::ReceiveStatus::End) return kEndOfFile;
    if (received.status == Transport::ReceiveStatus::Violation) return kViolation;
    bytes += received.size;
    int end = AcceptPacket(buffer, received.size, received.lost);
    if (end != kGoesOn) return end;
  }
  return kGoesOn;
}

int NativeChannel::AcceptPacket(const uint8_t* packet, size_t size, int lost) {
  packet_lost_ = lost;
  if (lost != 0) packet_objects_.clear();  // half of them is none: the message is lost as a whole
  if (mode_ == Mode::Raw) {
    OnFrame({Kind::Message, 0, 0, static_cast<uint32_t>(size), 0}, packet);
    return kGoesOn;
  }
  auto objects = static_cast<uint32_t>(packet_objects_.size());
  if (lost != 0 && size >= kHeaderSize) objects = DecodeHeader(packet).objects;
  switch (inbox_.Accept(packet, size, objects, *this)) {
    case Inbox::Verdict::Good:
      return kGoesOn;
    case Inbox::Verdict::Violation:
      return kViolation;
    case Inbox::Verdict::OutOfMemory:
      break;
  }
  return -ENOMEM;
}

void NativeChannel::OnFrame(const FrameHeader& header, const uint8_t* payload) {
  if (packet_lost_ != 0) {
    RecordLost(header.kind, packet_lost_, header.length, header.objects);
  } else {
    Record(header.kind, header.correlation, arena_.Copy(payload, header.length), header.length);
  }
}

void NativeChannel::OnFragmentsBegin(uint32_t objects) {
  held_objects_.swap(packet_objects_);
  held_lost_ = packet_lost_;
  held_count_ = objects;
}

void NativeChannel::OnReassembled(Kind kind, uint64_t correlation, OwnedBytes bytes, size_t size) {
  if (held_lost_ != 0) {
    RecordLost(kind, held_lost_, size, held_count_);
    return;
  }
  packet_objects_.swap(held_objects_);
  Record(kind, correlation, arena_.Adopt(std::move(bytes), size), size);
}

// Takes the packet's objects along.
void NativeChannel::Record(Kind kind, uint64_t correlation, const Placement& placement, size_t size) {
  double* record = environment_->records + records_++ * kRecordSize;
  record[0] = static_cast<double>(kind);
  record[1] = static_cast<double>(correlation);
  record[2] = placement.buffer;
  record[3] = static_cast<double>(placement.offset);
  record[4] = static_cast<double>(size);
  record[5] = static_cast<double>(packet_objects_.size());
  for (Descriptor& object : packet_objects_) batch_objects_.push_back(std::move(object));
  packet_objects_.clear();
}

// In the message's place, so that its receiver is told in order.
void NativeChannel::RecordLost(Kind kind, int error, size_t size, uint32_t objects) {
  Record(kLost, static_cast<uint64_t>(error), {-1, 0}, size);
  if (NeedsCredit(kind)) GrantCredit(Cost(size, objects));
}

void NativeChannel::OnWindow(uint64_t credit) {
  outbox_.AddCredit(static_cast<int64_t>(credit));
  if (!outbox_.empty()) FlushSoon();
}

}  // namespace gips
