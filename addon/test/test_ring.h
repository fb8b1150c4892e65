// Both ends of one direction of a ring, and the memory between them, which a test may overwrite as a hostile peer would.
#pragma once

#include <napi.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/ring.h"
#include "test/ring_memory.h"

namespace gips {

class TestRing final : public Napi::ObjectWrap<TestRing> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TestRing",
                       {
                           InstanceMethod<&TestRing::Fits>("fits"),
                           InstanceMethod<&TestRing::Put>("put"),
                           InstanceMethod<&TestRing::PrepareElsewhere>("prepareElsewhere"),
                           InstanceMethod<&TestRing::PutElsewhere>("putElsewhere"),
                           InstanceMethod<&TestRing::OpenReserve>("openReserve"),
                           InstanceMethod<&TestRing::WakeWriter>("wakeWriter"),
                           InstanceAccessor<&TestRing::GetWriterWaits>("writerWaits"),
                           InstanceMethod<&TestRing::Take>("take"),
                           InstanceMethod<&TestRing::HasData>("hasData"),
                           InstanceMethod<&TestRing::AwaitData>("awaitData"),
                           InstanceMethod<&TestRing::WakeReader>("wakeReader"),
                           InstanceMethod<&TestRing::Say>("say"),
                           InstanceMethod<&TestRing::Said>("said"),
                           InstanceMethod<&TestRing::Overwrite>("overwrite"),
                       });
  }

  // (capacity)
  explicit TestRing(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<TestRing>(info),
        capacity_(info[0].As<Napi::Number>().Uint32Value()),
        writers_(capacity_),
        readers_(capacity_),
        out_({writers_.words(), readers_.words()}, writers_.data(), capacity_),
        in_({readers_.words(), writers_.words()}, writers_.data(), capacity_) {}

 private:
  Napi::Value Fits(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), out_.Fits(info[0].As<Napi::Number>().Uint32Value()));
  }

  // (segments) -> { status, ring }
  Napi::Value Put(const Napi::CallbackInfo& info) {
    auto from = info[0].As<Napi::Array>();
    std::vector<Segment> segments;
    for (uint32_t i = 0; i < from.Length(); i++) {
      auto bytes = from.Get(i).As<Napi::Uint8Array>();
      segments.push_back({bytes.Data(), bytes.ByteLength()});
    }
    bool ring = false;
    SendStatus status = out_.Put(segments.data(), segments.size(), ring);
    Napi::Object answer = Napi::Object::New(info.Env());
    answer["status"] = Name(status);
    answer["ring"] = ring;
    return answer;
  }

  Napi::Value PrepareElsewhere(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), Name(out_.PrepareElsewhere())); }

  Napi::Value PutElsewhere(const Napi::CallbackInfo& info) {
    bool ring = false;
    out_.PutElsewhere(ring);
    return Napi::Boolean::New(info.Env(), ring);
  }

  void OpenReserve(const Napi::CallbackInfo&) { out_.OpenReserve(); }

  void WakeWriter(const Napi::CallbackInfo&) { out_.Wake(); }

  Napi::Value GetWriterWaits(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), out_.waits()); }

  // (room) -> { status, packet, ring }
  Napi::Value Take(const Napi::CallbackInfo& info) {
    size_t room = info[0].As<Napi::Number>().Uint32Value();
    // To the byte, as above.
    auto buffer = std::make_unique<uint8_t[]>(room);
    RingIn::Taken taken = in_.Take(buffer.get(), room);
    Napi::Object answer = Napi::Object::New(info.Env());
    answer["status"] = Name(taken.status);
    answer["packet"] = Napi::Buffer<uint8_t>::Copy(info.Env(), buffer.get(), taken.size);
    answer["ring"] = taken.ring;
    return answer;
  }

  Napi::Value HasData(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), in_.HasData()); }
  Napi::Value AwaitData(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), in_.AwaitData()); }
  void WakeReader(const Napi::CallbackInfo&) { in_.Wake(); }

  // (isWriters, word, value)
  void Say(const Napi::CallbackInfo& info) {
    bool lossless;
    Word(info) = info[2].As<Napi::BigInt>().Uint64Value(&lossless);
  }

  Napi::Value Said(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), Word(info).load()); }

  std::atomic<uint64_t>& Word(const Napi::CallbackInfo& info) {
    RingMemory& memory = info[0].ToBoolean() ? writers_ : readers_;
    return memory.word(static_cast<RingWord>(info[1].As<Napi::Number>().Int32Value()));
  }

  // (offset, bytes): of what is in the ring
  void Overwrite(const Napi::CallbackInfo& info) {
    auto bytes = info[1].As<Napi::Uint8Array>();
    std::copy_n(bytes.Data(), bytes.ByteLength(), writers_.data() + info[0].As<Napi::Number>().Uint32Value());
  }

  static const char* Name(SendStatus status) {
    return status == SendStatus::Sent ? "sent" : status == SendStatus::Full ? "full" : status == SendStatus::Broken ? "broken" : "?";
  }

  static const char* Name(RingIn::Status status) {
    switch (status) {
      case RingIn::Status::Packet:
        return "packet";
      case RingIn::Status::Elsewhere:
        return "elsewhere";
      case RingIn::Status::Nothing:
        return "nothing";
      default:
        return "violation";
    }
  }

  size_t capacity_;
  RingMemory writers_;
  RingMemory readers_;
  RingOut out_;
  RingIn in_;
};

}  // namespace gips
