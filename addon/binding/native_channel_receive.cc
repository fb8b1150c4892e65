// The receiving side of NativeChannel: from the loop's wake-up to one batch of records for JavaScript.
#include "binding/native_channel.h"
#include "binding/native_descriptor.h"

namespace gips {

namespace {

// What one wake-up may take, so that a busy peer starves neither the others nor the loop. libuv's poll is level-triggered: the rest comes
// next turn.
constexpr size_t kBatchBytes = 512 * 1024;

// To learn that there is no second packet takes a system call, which is wasted on a peer that sends one at a time. Where so many wake-ups
// found one packet each, the next ones take the first and leave a second, if there is one, to the next wake-up; but now and then it is
// looked.
constexpr uint32_t kProbeEvery = 8;

// How a batch ended, as `End` in lib/native/binding.ts.
constexpr int kGoesOn = 0;
constexpr int kEndOfFile = 1;
constexpr int kViolation = 2;

// Left for what the channel itself has to tell.
constexpr size_t kOwnRecords = kLastRingNews;

constexpr Placement kNowhere = {-1, 0};

constexpr auto kLost = static_cast<Kind>(255);

}  // namespace

void NativeChannel::OnReady(int status, int events) {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] Napi::Value self = Value();  // the callback may close and drop us
  // libuv reports an error on the socket (the peer closed with unread data) as EBADF and stops watching. What the peer sent is still to be
  // read.
  bool failed = status < 0;
  if (failed || (events & UV_WRITABLE)) {
    outbox_.Unblock();
    FlushSoon();
  }
  bool readable = failed || (events & (UV_READABLE | UV_DISCONNECT));
  if (readable && !ended_) DeliverBatch(failed || lone_packets_ % kProbeEvery == 0);
  UpdateWatch();
  environment_->FlushDirty();
  BeforeSleep();
}

void NativeChannel::DeliverBatch(bool drain) {
  Batch batch;
  State(kInCallback) = 1;
  if (mode_ == Mode::Greeting) {
    reading_ = false;  // one call for the first packet; whoever decides on it watches again
    environment_->Dispatch(Environment::Event::Batch, {owner_.Value()});
  } else if (ReceiveBatch(batch, drain, true)) {
    in_busy_batch_ = records_ > 1;
    environment_->Dispatch(Environment::Event::Batch, {owner_.Value(), batch.count, batch.end, batch.buffers, batch.objects});
    in_busy_batch_ = false;
    arena_.Account();
  }
  State(kInCallback) = 0;
}

Napi::Value NativeChannel::Receive(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  Batch batch = {};
  WakeUp();
  ReceiveBatch(batch, true, false);
  BeforeSleep();
  object["count"] = Napi::Value(info.Env(), batch.count);
  object["end"] = Napi::Value(info.Env(), batch.end);
  object["buffers"] = Napi::Value(info.Env(), batch.buffers);
  object["objects"] = Napi::Value(info.Env(), batch.objects);
  return object;
}

// `drain`: not only the first packet; `by_loop`: not for a blocking receiver. False if there is nothing to tell.
bool NativeChannel::ReceiveBatch(Batch& batch, bool drain, bool by_loop) {
  napi_env env = Env();
  // In an environment that is being terminated this fails, and what is there is not read for nobody.
  if (napi_create_array(env, &batch.objects) != napi_ok) return false;
  arena_.Begin(env, by_loop);
  records_ = 0;
  batch_objects_.clear();
  int end = ended_ || !transport_.open() ? kEndOfFile : ReceivePackets(drain);
  for (uint64_t news = 0; news <= kLastRingNews && ring_news_.any(); news++) {
    if (ring_news_[news]) Record(Kind::Ring, news, kNowhere, 0);
    ring_news_.reset(news);
  }
  if (end != kGoesOn) {
    ended_ = true;
    reading_ = false;
    DropUnfinished();
  }
  for (uint32_t i = 0; i < batch_objects_.size(); i++) {
    napi_set_element(env, batch.objects, i, NativeDescriptor::Wrap(*environment_, std::move(batch_objects_[i])));
  }
  batch_objects_.clear();
  batch.buffers = arena_.Finish();
  bool complete = napi_create_uint32(env, static_cast<uint32_t>(records_), &batch.count) == napi_ok &&
                  napi_create_int32(env, end, &batch.end) == napi_ok && batch.buffers != nullptr;
  return complete && (records_ > 0 || end != kGoesOn);
}

// Whatever came for messages that will never be complete.
void NativeChannel::DropUnfinished() {
  inbox_.Clear();
  arena_.DropAllocated();
  packet_objects_.clear();
  held_objects_.clear();
}

int NativeChannel::ReceivePackets(bool drain) {
  size_t bytes = 0;
  size_t packets = 0;
  copied_ = 0;
  while (bytes + copied_ < kBatchBytes && kMaxRecords - records_ >= kMaxFramesPerPacket + kOwnRecords &&
         batch_objects_.size() < kMaxObjects) {
    uint8_t* buffer = environment_->receive_buffer;
    packet_objects_.clear();
    Transport::Received received = ReceivePacket(buffer);
    if (received.status == Transport::ReceiveStatus::Nothing) {
      // As expected of whoever waits for an answer to each packet.
      lone_packets_ = packets == 1 ? lone_packets_ + 1 : 0;
      return kGoesOn;
    }
    if (received.status == Transport::ReceiveStatus::End) return kEndOfFile;
    if (received.status == Transport::ReceiveStatus::Violation) return kViolation;
    bytes += received.size;
    State(kReceived)++;
    int end = AcceptPacket(buffer, received.size, received.lost);
    if (end != kGoesOn) return end;
    packets++;
    if (!drain) {
      lone_packets_++;
      return kGoesOn;
    }
  }
  lone_packets_ = 0;
  return kGoesOn;
}

Transport::Received NativeChannel::ReceivePacket(uint8_t*& buffer) {
  size_t capacity = sizeof(environment_->receive_buffer);
  if (mode_ == Mode::Raw) {
    // Without frames a packet may be as large as the peer's send buffer.
    size_t size = transport_.NextSize();
    if (size > max_message_size_) return {Transport::ReceiveStatus::Violation, 0, 0};
    if (size > capacity) {
      environment_->large_buffer.resize(std::max(size, environment_->large_buffer.size()));
      buffer = environment_->large_buffer.data();
      capacity = environment_->large_buffer.size();
    }
  }
  return transport_.Receive(buffer, capacity, packet_objects_);
}

int NativeChannel::AcceptPacket(const uint8_t* packet, size_t size, int lost) {
  packet_lost_ = lost;
  if (lost != 0) packet_objects_.clear();  // half of them is none: the message is lost as a whole
  if (mode_ == Mode::Raw) {
    OnFrame({Kind::Message, 0, 0, static_cast<uint32_t>(size), 0}, packet);
    return kGoesOn;
  }
  auto objects = static_cast<uint32_t>(packet_objects_.size());
  if (lost != 0) {
    // How many they were only the header says.
    objects = size >= kHeaderSize ? DecodeHeader(packet).objects : 0;
    if (objects == 0) return kViolation;
  }
  switch (inbox_.Accept(packet, size, objects, *this)) {
    case Inbox::Verdict::Good:
      return kGoesOn;
    case Inbox::Verdict::Violation:
      return kViolation;
    case Inbox::Verdict::OutOfMemory:
      break;
  }
  return UV_ENOMEM;
}

void NativeChannel::OnFrame(const FrameHeader& header, const uint8_t* payload) {
  if (packet_lost_ != 0) {
    RecordLost(header.kind, header.correlation, packet_lost_, header.length, header.objects);
  } else {
    Record(header.kind, header.correlation, arena_.Copy(payload, header.length), header.length);
  }
}

void NativeChannel::OnFragmentsBegin(uint32_t objects) {
  held_objects_.swap(packet_objects_);
  held_lost_ = packet_lost_;
  held_count_ = objects;
}

uint8_t* NativeChannel::Allocate(size_t size) {
  return arena_.Allocate(size);
}

void NativeChannel::OnReassembled(Kind kind, uint64_t correlation, size_t size) {
  Placement placement = arena_.PlaceAllocated();
  if (held_lost_ != 0) {
    RecordLost(kind, correlation, held_lost_, size, held_count_);
    return;
  }
  packet_objects_.swap(held_objects_);
  Record(kind, correlation, placement, size);
}

bool NativeChannel::OnPool(const PoolOffer& offer) {
  peer_slots_.Close();
  if (offer.slots == 0) return true;
  if (packet_lost_ != 0) return true;  // without our answer it is not used
  Descriptor file = std::move(packet_objects_.front());
  packet_objects_.clear();
  if (outbox_.answers() > 0 || !peer_slots_.Open(std::move(file), offer)) return false;
  SendFrame({Kind::Slot, nullptr, 0, 0, nullptr}, true);
  return true;
}

bool NativeChannel::ReadSlot(const SlotReference& reference, uint8_t* to) {
  // More slots than there are cannot have come back to a peer to which the answers have not gone yet.
  if (outbox_.answers() > peer_slots_.slots() || !peer_slots_.Read(reference, to)) return false;
  copied_ += reference.size;
  SendFrame({Kind::Slot, nullptr, 0, uint64_t{reference.slot} + 1, nullptr}, true);
  return true;
}

bool NativeChannel::OnSlot(uint64_t number) {
  if (!outbox_.OnSlot(number)) return false;
  if (number == 0) environment_->TidyLater();
  if (!outbox_.empty()) FlushSoon();
  return true;
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
void NativeChannel::RecordLost(Kind kind, uint64_t correlation, int error, size_t size, uint32_t objects) {
  Record(kLost, correlation, {error, static_cast<size_t>(kind)}, static_cast<size_t>(Cost(size, objects)));
}

void NativeChannel::OnWindow(uint64_t credit) {
  outbox_.AddCredit(static_cast<int64_t>(credit));
  if (!outbox_.empty()) FlushSoon();
}

}  // namespace gips
