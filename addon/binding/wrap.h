// Making JavaScript objects that own something native: constructors take it through an External, which JavaScript cannot forge.
#pragma once

#include <napi.h>

#include <uv.h>

#include "last_failure.h"

namespace gips {

// `native` is moved from. Null if the object cannot be made, as in an environment that is being terminated.
template <typename T>
napi_value WrapNative(const Napi::FunctionReference& constructor, T* native) {
  napi_env env = constructor.Env();
  napi_value external;
  napi_value object;
  if (napi_create_external(env, native, nullptr, nullptr, &external) != napi_ok) return nullptr;
  if (napi_new_instance(env, constructor.Value(), 1, &external, &object) != napi_ok) return nullptr;
  return object;
}

// The native side of `value`; null where it cannot be had, as in an environment that is being terminated.
template <typename Wrapped>
Wrapped* UnwrapNative(napi_env env, napi_value value) {
  void* wrapped;
  return napi_unwrap(env, value, &wrapped) == napi_ok ? static_cast<Wrapped*>(wrapped) : nullptr;
}

// What WrapNative passed; null with a pending TypeError when called by anybody else.
template <typename T>
T* NativeArgument(const Napi::CallbackInfo& info) {
  if (info.Length() == 1 && info[0].IsExternal()) return info[0].As<Napi::External<T>>().Data();
  Napi::TypeError::New(info.Env(), "Illegal constructor").ThrowAsJavaScriptException();
  return nullptr;
}

inline Napi::Value Failure(Napi::Env env, int failure = LastFailure()) {
  return Napi::Number::New(env, failure);
}

}  // namespace gips
