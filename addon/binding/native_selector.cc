#include "binding/native_selector.h"

#include <algorithm>

#include "binding/wrap.h"

namespace gips {

namespace {

constexpr int kMaxReady = 256;

int Int(const Napi::Value& value) {
  return value.As<Napi::Number>().Int32Value();
}

uint64_t Token(const Napi::Value& value) {
  return static_cast<uint64_t>(value.As<Napi::Number>().Int64Value());
}

}  // namespace

void NativeSelector::Define(Napi::Env env, Environment& environment) {
  environment.selector_class = Napi::Persistent(DefineClass(env, "NativeSelector",
                                                            {
                                                                InstanceAccessor<&NativeSelector::GetFd>("fd"),
                                                                InstanceMethod<&NativeSelector::Add>("add"),
                                                                InstanceMethod<&NativeSelector::Modify>("modify"),
                                                                InstanceMethod<&NativeSelector::Remove>("remove"),
                                                                InstanceMethod<&NativeSelector::Wait>("wait"),
                                                                InstanceMethod<&NativeSelector::Close>("close"),
                                                            }));
}

Napi::Value NativeSelector::Wrap(Environment& environment, Selector selector) {
  return {environment.env(), WrapNative(environment.selector_class, &selector)};
}

NativeSelector::NativeSelector(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeSelector>(info) {
  auto* selector = NativeArgument<Selector>(info);
  if (selector != nullptr) selector_ = std::move(*selector);
}

Napi::Value NativeSelector::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), selector_.fd());
}

Napi::Value NativeSelector::Add(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), selector_.Add(Int(info[0]), Token(info[1]), Int(info[2])));
}

Napi::Value NativeSelector::Modify(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), selector_.Modify(Int(info[0]), Token(info[1]), Int(info[2])));
}

Napi::Value NativeSelector::Remove(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), selector_.Remove(Int(info[0])));
}

Napi::Value NativeSelector::Wait(const Napi::CallbackInfo& info) {
  Environment::Of(info.Env())->FlushDirty();  // this turn does not end while its thread sleeps
  auto pairs = info[1].As<Napi::Float64Array>();
  Selector::Ready ready[kMaxReady];
  int capacity = static_cast<int>(std::min<size_t>(pairs.ElementLength() / 2, kMaxReady));
  int count = selector_.Wait(Int(info[0]), ready, capacity);
  for (int i = 0; i < count; i++) {
    pairs[2 * i] = static_cast<double>(ready[i].token);
    pairs[2 * i + 1] = ready[i].readiness;
  }
  return Napi::Number::New(info.Env(), count);
}

void NativeSelector::Close(const Napi::CallbackInfo&) {
  selector_.Close();
}

void NativeWaker::Define(Napi::Env env, Environment& environment) {
  environment.waker_class = Napi::Persistent(DefineClass(env, "NativeWaker",
                                                         {
                                                             InstanceAccessor<&NativeWaker::GetFd>("fd"),
                                                             InstanceMethod<&NativeWaker::Share>("share"),
                                                             InstanceMethod<&NativeWaker::Wake>("wake"),
                                                             InstanceMethod<&NativeWaker::Drain>("drain"),
                                                             InstanceMethod<&NativeWaker::Close>("close"),
                                                         }));
}

Napi::Value NativeWaker::Wrap(Environment& environment, Waker waker) {
  return {environment.env(), WrapNative(environment.waker_class, &waker)};
}

NativeWaker::NativeWaker(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeWaker>(info) {
  auto* waker = NativeArgument<Waker>(info);
  if (waker != nullptr) waker_ = std::move(*waker);
}

Napi::Value NativeWaker::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), waker_.fd());
}

Napi::Value NativeWaker::Share(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), waker_.Share());
}

void NativeWaker::Wake(const Napi::CallbackInfo&) {
  waker_.Wake();
}

void NativeWaker::Drain(const Napi::CallbackInfo&) {
  waker_.Drain();
}

void NativeWaker::Close(const Napi::CallbackInfo&) {
  waker_.Close();
}

}  // namespace gips
