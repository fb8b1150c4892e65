// NativeSelector and NativeWaker: the blocking model's readiness, thin over the platform.
#pragma once

#include <napi.h>

#include "binding/environment.h"
#include "selector.h"

namespace gips {

class NativeSelector final : public Napi::ObjectWrap<NativeSelector> {
 public:
  static void Define(Napi::Env env, Environment& environment);
  static Napi::Value Wrap(Environment& environment, Selector selector);

  explicit NativeSelector(const Napi::CallbackInfo& info);

 private:
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Add(const Napi::CallbackInfo& info);
  Napi::Value Modify(const Napi::CallbackInfo& info);
  Napi::Value Remove(const Napi::CallbackInfo& info);
  Napi::Value Wait(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  Selector selector_;
};

class NativeWaker final : public Napi::ObjectWrap<NativeWaker> {
 public:
  static void Define(Napi::Env env, Environment& environment);
  static Napi::Value Wrap(Environment& environment, Waker waker);

  explicit NativeWaker(const Napi::CallbackInfo& info);

 private:
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Share(const Napi::CallbackInfo& info);
  void Wake(const Napi::CallbackInfo& info);
  void Drain(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  Waker waker_;
};

}  // namespace gips
