// The inbox with its frames as plain JavaScript objects.
#pragma once

#include <napi.h>

#include <cstring>
#include <vector>

#include "binding/payload.h"
#include "core/inbox.h"
#include "test/test_outbox.h"

namespace gips {

class TestInbox final : public Napi::ObjectWrap<TestInbox>, private FrameSink {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TestInbox",
                       {InstanceMethod<&TestInbox::Accept>("accept"), InstanceMethod<&TestInbox::Granted>("granted"),
                        InstanceMethod<&TestInbox::ReadFrom>("readFrom")});
  }

  // (window, maxMessageSize)
  explicit TestInbox(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TestInbox>(info) {
    inbox_.Open(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()),
                static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value()));
    frames_ = Napi::Array::New(info.Env());
    uint8_t greeting[kHeaderSize + 1] = {};
    EncodeHeader({Kind::Hello, 0, 0, 1, 0}, greeting);
    inbox_.Accept(greeting, sizeof(greeting), 0, *this);
  }

 private:
  // (packet, objects) -> { verdict, frames: [{ kind, correlation, payload, objects }] }
  Napi::Value Accept(const Napi::CallbackInfo& info) {
    Payload packet(info.Env(), info[0]);
    frames_ = Napi::Array::New(info.Env());
    Inbox::Verdict verdict = inbox_.Accept(packet.data(), packet.size(), info[1].As<Napi::Number>().Uint32Value(), *this);
    Napi::Object answer = Napi::Object::New(info.Env());
    answer["verdict"] = Napi::String::New(info.Env(), verdict == Inbox::Verdict::Good ? "good" : "violation");
    answer["frames"] = frames_;
    return answer;
  }

  void Granted(const Napi::CallbackInfo& info) { inbox_.Granted(info[0].As<Napi::Number>().Int64Value()); }

  // (outbox): its slots are read. Without, every byte of a slot is the slot's number.
  void ReadFrom(const Napi::CallbackInfo& info) { peer_ = TestOutbox::Unwrap(info[0].As<Napi::Object>()); }

  void OnFrame(const FrameHeader& header, const uint8_t* payload) override {
    Push(header.kind, header.correlation, payload, header.length, header.objects);
  }

  void OnFragmentsBegin(uint32_t objects) override { held_objects_ = objects; }

  uint8_t* Allocate(size_t size) override {
    large_.resize(size);
    return large_.data();
  }

  void OnReassembled(Kind kind, uint64_t correlation, size_t size) override { Push(kind, correlation, large_.data(), size, held_objects_); }

  void OnWindow(uint64_t credit) override { Push(Kind::Window, credit, nullptr, 0, 0); }

  bool OnPool(const PoolOffer& offer) override {
    offer_ = offer;
    uint8_t payload[kPoolOfferSize];
    EncodePoolOffer(offer, payload);
    Push(Kind::Pool, 0, payload, sizeof(payload), offer.slots > 0 ? 1 : 0);
    return true;
  }

  // As frame SLOT: the answer that is due to it.
  bool ReadSlot(const SlotReference& reference, uint8_t* to) override {
    if (reference.slot >= offer_.slots || reference.size > offer_.slot_size) return false;
    if (peer_ != nullptr) {
      std::memcpy(to, peer_->slots().data(reference.slot), reference.size);
    } else {
      std::memset(to, static_cast<int>(reference.slot), reference.size);
    }
    Push(Kind::Slot, uint64_t{reference.slot} + 1, nullptr, 0, 0);
    return true;
  }

  bool OnSlot(uint64_t number) override {
    Push(Kind::Slot, number, nullptr, 0, 0);
    return true;
  }

  bool OnRing(RingStep step, uint64_t capacity) override {
    uint8_t payload[kRingOfferSize];
    EncodeRingOffer(capacity, payload);
    bool offer = step == RingStep::Offer;
    Push(Kind::Ring, static_cast<uint64_t>(step), payload, offer ? sizeof(payload) : 0, offer ? kRingObjects : 0);
    return true;
  }

  void Push(Kind kind, uint64_t correlation, const uint8_t* payload, size_t size, uint32_t objects) {
    Napi::Env env = Env();
    Napi::Object frame = Napi::Object::New(env);
    frame["kind"] = Napi::Number::New(env, static_cast<int>(kind));
    frame["correlation"] = Napi::Number::New(env, static_cast<double>(correlation));
    frame["payload"] = Napi::Buffer<uint8_t>::Copy(env, payload, size);
    frame["objects"] = Napi::Number::New(env, objects);
    frames_.Set(frames_.Length(), frame);
  }

  Inbox inbox_;
  Napi::Array frames_;
  std::vector<uint8_t> large_;
  PoolOffer offer_ = {};
  TestOutbox* peer_ = nullptr;
  uint32_t held_objects_ = 0;
};

}  // namespace gips
