// NativeMutex: a lock in shared memory.
#pragma once

#include <napi.h>

#include "binding/environment.h"
#include "robust_word.h"

namespace gips {

class NativeMutex final : public Napi::ObjectWrap<NativeMutex> {
 public:
  // The class, and the function of the addon that makes such objects.
  static void Define(Napi::Env env, Environment& environment, Napi::Object exports);

  // Constructed by Create only: the argument is an External<RobustWord>.
  explicit NativeMutex(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Create(const Napi::CallbackInfo& info);

  // What lib/native/binding.ts declares.
  Napi::Value TryLock(const Napi::CallbackInfo& info);
  Napi::Value StartLock(const Napi::CallbackInfo& info);
  Napi::Value BeginBlocking(const Napi::CallbackInfo& info);
  void EndBlocking(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Environment> environment_;
  RobustWord word_;
};

}  // namespace gips
