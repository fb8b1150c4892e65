// The addon's face: what lib/native/binding.ts declares as NativeBinding.
#include <napi.h>

#include <set>
#include <string>
#include <vector>

#include "binding/environment.h"
#include "binding/native_acceptor.h"
#include "binding/native_channel.h"
#include "binding/native_credentials.h"
#include "binding/native_descriptor.h"
#include "binding/native_mutex.h"
#include "binding/native_region.h"
#include "binding/native_selector.h"
#include "binding/native_wait.h"
#include "binding/payload.h"
#include "binding/wrap.h"
#include "datagram.h"
#include "describe.h"
#include "mutex.h"

namespace gips {

namespace {

// Before anything else: this build and the running Node must agree about libuv's structures.
bool CheckLibuv(Napi::Env env) {
  if (uv_handle_size(UV_POLL) <= sizeof(uv_poll_t) && uv_handle_size(UV_PREPARE) <= sizeof(uv_prepare_t) &&
      uv_handle_size(UV_CHECK) <= sizeof(uv_check_t) && uv_handle_size(UV_TIMER) <= sizeof(uv_timer_t) &&
      uv_handle_size(UV_ASYNC) <= sizeof(uv_async_t)) {
    return true;
  }
  Napi::Error::New(env, "gips was built for another version of libuv: rebuild it (npm rebuild gips)").ThrowAsJavaScriptException();
  return false;
}

int IntArgument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>().Int32Value();
}

void SetDispatch(const Napi::CallbackInfo& info) {
  auto environment = Environment::Of(info.Env());
  environment->SetDispatch(Environment::Event::Batch, info[0].As<Napi::Function>());
  environment->SetDispatch(Environment::Event::Writable, info[1].As<Napi::Function>());
  environment->SetDispatch(Environment::Event::Acceptable, info[2].As<Napi::Function>());
}

Napi::Value Connect(const Napi::CallbackInfo& info) {
  Payload address(info.Env(), info[0]);
  Socket socket = Transport::Connect(address.data(), address.size());
  if (!socket.valid()) return Failure(info.Env());
  return NativeChannel::Wrap(*Environment::Of(info.Env()), std::move(socket));
}

std::vector<std::string> Strings(const Napi::Value& list) {
  auto array = list.As<Napi::Array>();
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(array.Get(i).As<Napi::String>().Utf8Value());
  return strings;
}

Audience ToAudience(const Napi::Value& value) {
  if (value.IsNull()) return {};
  auto audience = value.As<Napi::Object>();
  return {false, Strings(audience.Get("users")), Strings(audience.Get("groups")), audience.Get("privileged").As<Napi::Boolean>().Value()};
}

Napi::Value Listen(const Napi::CallbackInfo& info) {
  Payload address(info.Env(), info[0]);
  std::string name(reinterpret_cast<const char*>(address.data()), address.size());
  Acceptor acceptor = Acceptor::Listen(name, IntArgument(info, 1), ToAudience(info[2]));
  if (!acceptor.valid()) return Failure(info.Env());
  return NativeAcceptor::Wrap(*Environment::Of(info.Env()), std::move(acceptor));
}

Napi::Value AdoptAcceptor(const Napi::CallbackInfo& info) {
  auto* descriptor = UnwrapNative<NativeDescriptor>(info.Env(), info[0]);
  if (descriptor == nullptr) return Failure(info.Env(), UV_EINVAL);
  Acceptor acceptor = Acceptor::Adopt(descriptor->owned());
  if (!acceptor.valid()) return Failure(info.Env());
  return NativeAcceptor::Wrap(*Environment::Of(info.Env()), std::move(acceptor));
}

// Each once in a process, whichever thread asks: a second owner would close its number when that is somebody else's.
Napi::Value AdoptInherited(const Napi::CallbackInfo& info) {
  static Mutex mutex;
  static auto& taken = *new std::set<int>;  // outlives the threads that are still running at exit
  std::lock_guard<Mutex> lock(mutex);
  int fd = IntArgument(info, 0);
  if (taken.count(fd) > 0) return Failure(info.Env(), UV_EALREADY);
  Acceptor acceptor = Acceptor::AdoptInherited(fd);
  if (!acceptor.valid()) return Failure(info.Env());
  taken.insert(fd);
  return NativeAcceptor::Wrap(*Environment::Of(info.Env()), std::move(acceptor));
}

Napi::Value SendOneDatagram(const Napi::CallbackInfo& info) {
  Payload address(info.Env(), info[0]);
  Payload data(info.Env(), info[1]);
  return Napi::Number::New(info.Env(), SendDatagram(address.data(), address.size(), data.data(), data.size()));
}

Napi::Value Duplicate(const Napi::CallbackInfo& info) {
  Descriptor descriptor = Descriptor::Duplicate(IntArgument(info, 0));
  if (!descriptor.valid()) return Failure(info.Env());
  return NativeDescriptor::Wrap(*Environment::Of(info.Env()), std::move(descriptor));
}

Napi::Value Adopt(const Napi::CallbackInfo& info) {
  return NativeDescriptor::Wrap(*Environment::Of(info.Env()), Descriptor::Adopt(IntArgument(info, 0)));
}

Napi::Value Describe(const Napi::CallbackInfo& info) {
  const char* description = DescribeDescriptor(IntArgument(info, 0));
  return description != nullptr ? Napi::String::New(info.Env(), description) : Failure(info.Env());
}

Napi::Value CreateSelector(const Napi::CallbackInfo& info) {
  Selector selector = Selector::Create();
  if (!selector.valid()) return Failure(info.Env());
  return NativeSelector::Wrap(*Environment::Of(info.Env()), std::move(selector));
}

Napi::Value CreateWaker(const Napi::CallbackInfo& info) {
  Waker waker = Waker::Create();
  if (!waker.valid()) return Failure(info.Env());
  return NativeWaker::Wrap(*Environment::Of(info.Env()), std::move(waker));
}

void DropWaker(const Napi::CallbackInfo& info) {
  Waker::Drop(IntArgument(info, 0));
}

Napi::Value TakeWaker(const Napi::CallbackInfo& info) {
  Waker waker = Waker::Take(IntArgument(info, 0));
  if (!waker.valid()) return Failure(info.Env());
  return NativeWaker::Wrap(*Environment::Of(info.Env()), std::move(waker));
}

}  // namespace

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  if (!CheckLibuv(env)) return exports;
  auto environment = Environment::Create(env);
  NativeDescriptor::Define(env, *environment);
  NativeChannel::Define(env, *environment);
  NativeAcceptor::Define(env, *environment);
  NativeRegion::Define(env, *environment, exports);
  NativeMutex::Define(env, *environment, exports);
  NativeSelector::Define(env, *environment);
  NativeWaker::Define(env, *environment);
  DefineCredentials(env, exports);
  DefineWaits(env, exports);
  exports["records"] = environment->SharedRecords();
  exports["features"] = Napi::Number::New(env, Transport::kFeatures);
  exports["stage"] = environment->SharedStage();
  exports["turn"] = environment->SharedTurn();
  exports["setDispatch"] = Napi::Function::New<SetDispatch>(env, "setDispatch");
  exports["connect"] = Napi::Function::New<Connect>(env, "connect");
  exports["listen"] = Napi::Function::New<Listen>(env, "listen");
  exports["adoptAcceptor"] = Napi::Function::New<AdoptAcceptor>(env, "adoptAcceptor");
  exports["adoptInherited"] = Napi::Function::New<AdoptInherited>(env, "adoptInherited");
  exports["sendDatagram"] = Napi::Function::New<SendOneDatagram>(env, "sendDatagram");
  exports["duplicate"] = Napi::Function::New<Duplicate>(env, "duplicate");
  exports["adopt"] = Napi::Function::New<Adopt>(env, "adopt");
  exports["describe"] = Napi::Function::New<Describe>(env, "describe");
  exports["createSelector"] = Napi::Function::New<CreateSelector>(env, "createSelector");
  exports["createWaker"] = Napi::Function::New<CreateWaker>(env, "createWaker");
  exports["dropWaker"] = Napi::Function::New<DropWaker>(env, "dropWaker");
  exports["takeWaker"] = Napi::Function::New<TakeWaker>(env, "takeWaker");
  return exports;
}

}  // namespace gips

static Napi::Object InitializeAddon(Napi::Env env, Napi::Object exports) {
  return gips::Initialize(env, exports);
}

NODE_API_MODULE(gips, InitializeAddon)
