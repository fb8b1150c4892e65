#include "binding/native_acceptor.h"

#include "binding/native_channel.h"
#include "binding/native_descriptor.h"
#include "binding/wrap.h"

namespace gips {

void NativeAcceptor::Define(Napi::Env env, Environment& environment) {
  environment.acceptor_class = Napi::Persistent(DefineClass(env, "NativeAcceptor",
                                                            {
                                                                InstanceAccessor<&NativeAcceptor::GetFd>("fd"),
                                                                InstanceAccessor<&NativeAcceptor::GetAddress>("address"),
                                                                InstanceMethod<&NativeAcceptor::SetOwner>("setOwner"),
                                                                InstanceMethod<&NativeAcceptor::Accept>("accept"),
                                                                InstanceMethod<&NativeAcceptor::Watch>("watch"),
                                                                InstanceMethod<&NativeAcceptor::Unwatch>("unwatch"),
                                                                InstanceMethod<&NativeAcceptor::SetRef>("setRef"),
                                                                InstanceMethod<&NativeAcceptor::Share>("share"),
                                                                InstanceMethod<&NativeAcceptor::Close>("close"),
                                                            }));
}

Napi::Value NativeAcceptor::Wrap(Environment& environment, Acceptor acceptor) {
  return {environment.env(), WrapNative(environment.acceptor_class, &acceptor)};
}

NativeAcceptor::NativeAcceptor(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NativeAcceptor>(info), environment_(Environment::Of(info.Env())) {
  auto* acceptor = NativeArgument<Acceptor>(info);
  if (acceptor == nullptr) return;
  acceptor_ = std::move(*acceptor);
  environment_->Add(this);
}

NativeAcceptor::~NativeAcceptor() {
  Shutdown();
}

Napi::Value NativeAcceptor::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), acceptor_.fd());
}

Napi::Value NativeAcceptor::GetAddress(const Napi::CallbackInfo& info) {
  const std::string& address = acceptor_.address();
  return Napi::Buffer<char>::Copy(info.Env(), address.data(), address.size());
}

void NativeAcceptor::SetOwner(const Napi::CallbackInfo& info) {
  if (!acceptor_.valid()) return;
  // Until Close() neither the owner nor this object is garbage.
  if (owner_.IsEmpty()) Ref();
  owner_ = Napi::Persistent(info[0].As<Napi::Object>());
}

Napi::Value NativeAcceptor::Accept(const Napi::CallbackInfo& info) {
  Socket socket = acceptor_.Accept();
  if (!socket.valid()) return Failure(info.Env());
  return NativeChannel::Wrap(*environment_, std::move(socket));
}

Napi::Value NativeAcceptor::Watch(const Napi::CallbackInfo& info) {
  if (!acceptor_.valid() || owner_.IsEmpty()) return Failure(info.Env(), UV_EBADF);
  if (!source_.open()) {
    int error = source_.Open(environment_->loop(), acceptor_.fd(), this, environment_.get());
    if (error != 0) return Napi::Number::New(info.Env(), error);
    source_.SetReferenced(referenced_);
  }
  source_.Watch(UV_READABLE);
  return Napi::Number::New(info.Env(), 0);
}

void NativeAcceptor::Unwatch(const Napi::CallbackInfo&) {
  source_.Close();
}

void NativeAcceptor::SetRef(const Napi::CallbackInfo& info) {
  referenced_ = info[0].As<Napi::Boolean>().Value();
  if (source_.open()) source_.SetReferenced(referenced_);
}

Napi::Value NativeAcceptor::Share(const Napi::CallbackInfo& info) {
  Descriptor duplicate = acceptor_.Share();
  if (!duplicate.valid()) return Failure(info.Env());
  return NativeDescriptor::Wrap(*environment_, std::move(duplicate));
}

void NativeAcceptor::OnReady(int, int) {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] Napi::Value self = Value();  // the callback may close and drop us
  environment_->Dispatch(Environment::Event::Acceptable, {owner_.Value()});
  environment_->FlushDirty();
}

void NativeAcceptor::Close(const Napi::CallbackInfo&) {
  Shutdown();
}

void NativeAcceptor::Shutdown() {
  if (!acceptor_.valid()) return;
  source_.Close();
  acceptor_.Close();
  environment_->Remove(this);
  if (owner_.IsEmpty()) return;
  owner_.Reset();
  Unref();
}

}  // namespace gips
