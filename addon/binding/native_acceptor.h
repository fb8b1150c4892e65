// NativeAcceptor: a listening socket, watched by the loop or driven by calls.
#pragma once

#include <napi.h>

#include <memory>

#include "acceptor.h"
#include "binding/environment.h"
#include "loop_source.h"

namespace gips {

class NativeAcceptor final : public Napi::ObjectWrap<NativeAcceptor>, public EnvironmentHandle, private LoopSource::Listener {
 public:
  static void Define(Napi::Env env, Environment& environment);
  static Napi::Value Wrap(Environment& environment, Acceptor acceptor);

  explicit NativeAcceptor(const Napi::CallbackInfo& info);
  ~NativeAcceptor() override;

  void Shutdown() override;

 private:
  // What lib/native/binding.ts declares.
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value GetAddress(const Napi::CallbackInfo& info);
  void SetOwner(const Napi::CallbackInfo& info);
  Napi::Value Accept(const Napi::CallbackInfo& info);
  Napi::Value Watch(const Napi::CallbackInfo& info);
  void Unwatch(const Napi::CallbackInfo& info);
  void SetRef(const Napi::CallbackInfo& info);
  Napi::Value Share(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  void OnReady(int status, int events) override;

  std::shared_ptr<Environment> environment_;
  Acceptor acceptor_;
  LoopSource source_;
  Napi::ObjectReference owner_;
  bool referenced_ = false;
};

}  // namespace gips
