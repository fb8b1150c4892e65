// The outbox before a sink that keeps packets, as a socket's queue does, until its room is used up.
#pragma once

#include <napi.h>

#include <cstring>
#include <memory>
#include <vector>

#include "binding/payload.h"
#include "core/outbox.h"

namespace gips {

class CountedObjects final : public Attachment {
 public:
  explicit CountedObjects(uint32_t count) : count_(count) {}
  uint32_t count() const override { return count_; }

 private:
  uint32_t count_;
};

class TestSink final : public PacketSink {
 public:
  struct Taken {
    std::vector<uint8_t> bytes;
    uint32_t objects;
  };

  SendStatus SendPacket(const Segment* segments, size_t count, const Attachment* attachment) override {
    if (broken) return SendStatus::Broken;
    if (shortages > 0) {
      shortages--;
      return SendStatus::Shortage;
    }
    if (room == 0) return SendStatus::Full;
    Taken packet = {{}, attachment != nullptr ? attachment->count() : 0};
    for (size_t i = 0; i < count; i++) packet.bytes.insert(packet.bytes.end(), segments[i].data, segments[i].data + segments[i].size);
    if (packet.bytes.size() > largest) return SendStatus::TooLarge;
    room--;
    taken.push_back(std::move(packet));
    return SendStatus::Sent;
  }

  void OpenReserve() override {}

  uint32_t room = 0;
  uint32_t shortages = 0;
  size_t largest = SIZE_MAX;
  bool broken = false;
  std::vector<Taken> taken;
};

// A few slots, in the memory of this process.
class TestSlots final : public SlotPool {
 public:
  const Attachment* Open() override {
    if (free_.empty()) free_ = {0, 1, 2};
    open = true;
    return &object_;
  }
  PoolOffer offer() const override { return {kSize, kCount}; }
  void Close() override {
    free_.clear();
    open = false;
  }
  int Acquire(size_t) override {
    if (free_.empty()) return -1;
    int slot = static_cast<int>(free_.back());
    free_.pop_back();
    return slot;
  }
  // What has been given back may be overwritten at any time.
  void Release(uint32_t slot) override {
    std::memset(memory_[slot], 0xee, kSize);
    free_.push_back(slot);
  }
  uint8_t* data(uint32_t slot) override { return memory_[slot]; }

  size_t taken() const { return kCount - free_.size(); }
  bool open = false;

 private:
  static constexpr uint32_t kSize = 100'000;
  static constexpr uint32_t kCount = 3;
  CountedObjects object_{1};
  std::vector<uint32_t> free_;
  uint8_t memory_[kCount][kSize];
};

class TestOutbox final : public Napi::ObjectWrap<TestOutbox> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TestOutbox",
                       {
                           InstanceMethod<&TestOutbox::Send>("send"),
                           InstanceMethod<&TestOutbox::SendPacked>("sendPacked"),
                           InstanceMethod<&TestOutbox::Cancel>("cancel"),
                           InstanceMethod<&TestOutbox::Flush>("flush"),
                           InstanceMethod<&TestOutbox::AddCredit>("addCredit"),
                           InstanceMethod<&TestOutbox::MakeRoom>("makeRoom"),
                           InstanceMethod<&TestOutbox::Starve>("starve"),
                           InstanceMethod<&TestOutbox::Limit>("limit"),
                           InstanceMethod<&TestOutbox::Break>("break"),
                           InstanceMethod<&TestOutbox::Take>("take"),
                           InstanceMethod<&TestOutbox::UseSlots>("useSlots"),
                           InstanceMethod<&TestOutbox::OnSlot>("onSlot"),
                           InstanceMethod<&TestOutbox::TrimSlots>("trimSlots"),
                           InstanceAccessor<&TestOutbox::GetSlotsTaken>("slotsTaken"),
                           InstanceAccessor<&TestOutbox::GetPackedRoom>("packedRoom"),
                           InstanceAccessor<&TestOutbox::GetCredit>("credit"),
                           InstanceAccessor<&TestOutbox::GetBuffered>("buffered"),
                       });
  }

  // (raw, mark)
  explicit TestOutbox(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TestOutbox>(info), outbox_(sink_, pool_) {
    outbox_.Open(info[0].ToBoolean(), static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value()));
  }

  TestSlots& slots() { return slots_; }

 private:
  // (kind, payload, correlation, objects, atOnce) -> sequence, or a negative SendStatus
  Napi::Value Send(const Napi::CallbackInfo& info) {
    Payload payload(info.Env(), info[1]);
    uint32_t objects = info[3].As<Napi::Number>().Uint32Value();
    Outbox::Frame frame = {static_cast<Kind>(info[0].As<Napi::Number>().Uint32Value()), payload.data(), payload.size(),
                           static_cast<uint64_t>(info[2].As<Napi::Number>().Int64Value()),
                           objects > 0 ? std::make_unique<CountedObjects>(objects) : nullptr};
    Outbox::Result result = outbox_.Send(std::move(frame), info[4].ToBoolean());
    double answer = result.status == SendStatus::Sent ? static_cast<double>(result.sequence) : -static_cast<double>(result.status);
    return Napi::Number::New(info.Env(), answer);
  }

  // (packet, cost)
  void SendPacked(const Napi::CallbackInfo& info) {
    Payload packet(info.Env(), info[0]);
    outbox_.SendPacked(packet.data(), packet.size(), info[1].As<Napi::Number>().Int64Value());
  }

  Napi::Value GetPackedRoom(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(outbox_.PackedRoom()));
  }

  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), outbox_.Cancel(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value())));
  }

  Napi::Value Flush(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<int>(outbox_.Flush())); }

  void AddCredit(const Napi::CallbackInfo& info) { outbox_.AddCredit(info[0].As<Napi::Number>().Int64Value()); }

  void MakeRoom(const Napi::CallbackInfo& info) {
    sink_.room += info[0].As<Napi::Number>().Uint32Value();
    outbox_.Unblock();
  }

  // So many packets are refused for want of something nobody will announce.
  void Starve(const Napi::CallbackInfo& info) { sink_.shortages = info[0].As<Napi::Number>().Uint32Value(); }

  void UseSlots(const Napi::CallbackInfo&) { outbox_.UseSlots(&slots_); }

  Napi::Value OnSlot(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), outbox_.OnSlot(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value())));
  }

  Napi::Value TrimSlots(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), outbox_.TrimSlots()); }

  // -1: there are none
  Napi::Value GetSlotsTaken(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), slots_.open ? static_cast<double>(slots_.taken()) : -1);
  }

  // Larger packets than this are never taken.
  void Limit(const Napi::CallbackInfo& info) { sink_.largest = info[0].As<Napi::Number>().Uint32Value(); }

  void Break(const Napi::CallbackInfo&) { sink_.broken = true; }

  Napi::Value GetCredit(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(outbox_.credit())); }

  Napi::Value GetBuffered(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(outbox_.buffered())); }

  // -> [{ bytes, objects }], and forgets them
  Napi::Value Take(const Napi::CallbackInfo& info) {
    Napi::Array packets = Napi::Array::New(info.Env(), sink_.taken.size());
    for (uint32_t i = 0; i < sink_.taken.size(); i++) {
      Napi::Object packet = Napi::Object::New(info.Env());
      packet["bytes"] = Napi::Buffer<uint8_t>::Copy(info.Env(), sink_.taken[i].bytes.data(), sink_.taken[i].bytes.size());
      packet["objects"] = Napi::Number::New(info.Env(), sink_.taken[i].objects);
      packets.Set(i, packet);
    }
    sink_.taken.clear();
    return packets;
  }

  TestSink sink_;
  PacketPool pool_;
  TestSlots slots_;
  Outbox outbox_;
};

}  // namespace gips
