#include "binding/native_descriptor.h"

#include "binding/wrap.h"

namespace gips {

void NativeDescriptor::Define(Napi::Env env, Environment& environment) {
  environment.descriptor_class = Napi::Persistent(DefineClass(env, "NativeDescriptor",
                                                              {
                                                                  InstanceAccessor<&NativeDescriptor::IsOpen>("isOpen"),
                                                                  InstanceAccessor<&NativeDescriptor::GetFd>("fd"),
                                                                  InstanceMethod<&NativeDescriptor::TakeFd>("takeFd"),
                                                                  InstanceMethod<&NativeDescriptor::Duplicate>("duplicate"),
                                                                  InstanceMethod<&NativeDescriptor::Take>("take"),
                                                                  InstanceMethod<&NativeDescriptor::Close>("close"),
                                                              }));
}

Napi::Value NativeDescriptor::Wrap(Environment& environment, Descriptor descriptor) {
  return {environment.env(), WrapNative(environment.descriptor_class, &descriptor)};
}

NativeDescriptor::NativeDescriptor(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeDescriptor>(info) {
  auto* descriptor = NativeArgument<Descriptor>(info);
  if (descriptor != nullptr) descriptor_ = std::move(*descriptor);
}

Napi::Value NativeDescriptor::IsOpen(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), descriptor_.valid());
}

Napi::Value NativeDescriptor::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), descriptor_.FileNumber());
}

Napi::Value NativeDescriptor::TakeFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), descriptor_.TakeFileNumber());
}

Napi::Value NativeDescriptor::Duplicate(const Napi::CallbackInfo& info) {
  Descriptor copy = descriptor_.Duplicate();
  if (!copy.valid()) return Failure(info.Env());
  return Wrap(*Environment::Of(info.Env()), std::move(copy));
}

Napi::Value NativeDescriptor::Take(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), descriptor_.TakeNumber());
}

void NativeDescriptor::Close(const Napi::CallbackInfo&) {
  descriptor_.Close();
}

}  // namespace gips
