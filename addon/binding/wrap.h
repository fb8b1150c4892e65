// Making JavaScript objects that own something native: constructors take it through an External, which JavaScript cannot forge.
#pragma once

#include <napi.h>

#include <cerrno>

namespace gips {

// `native` is moved from. An empty value with a pending exception if the engine cannot make the object.
template <typename T>
Napi::Value WrapNative(const Napi::FunctionReference& constructor, T* native) {
  Napi::Env env = constructor.Env();
  return constructor.New({Napi::External<T>::New(env, native)});
}

// What WrapNative passed; null with a pending TypeError when called by anybody else.
template <typename T>
T* NativeArgument(const Napi::CallbackInfo& info) {
  if (info.Length() == 1 && info[0].IsExternal()) return info[0].As<Napi::External<T>>().Data();
  Napi::TypeError::New(info.Env(), "Illegal constructor").ThrowAsJavaScriptException();
  return nullptr;
}

inline Napi::Value Errno(Napi::Env env, int error = errno) {
  return Napi::Number::New(env, -error);
}

}  // namespace gips
