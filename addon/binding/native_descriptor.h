// NativeDescriptor: a descriptor (or a handle) owned by a JavaScript object.
#pragma once

#include <napi.h>

#include "binding/environment.h"
#include "descriptor.h"

namespace gips {

class NativeDescriptor final : public Napi::ObjectWrap<NativeDescriptor> {
 public:
  static void Define(Napi::Env env, Environment& environment);
  static Napi::Value Wrap(Environment& environment, Descriptor descriptor);

  // Constructed by Wrap only: the argument is an External<Descriptor>.
  explicit NativeDescriptor(const Napi::CallbackInfo& info);

  Descriptor& owned() { return descriptor_; }

 private:
  Napi::Value IsOpen(const Napi::CallbackInfo& info);
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value TakeFd(const Napi::CallbackInfo& info);
  Napi::Value Duplicate(const Napi::CallbackInfo& info);
  Napi::Value Take(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  Descriptor descriptor_;
};

}  // namespace gips
