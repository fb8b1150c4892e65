#include "binding/native_channel.h"

#include "binding/native_credentials.h"
#include "binding/native_descriptor.h"
#include "binding/wrap.h"

namespace gips {

void NativeChannel::Define(Napi::Env env, Environment& environment) {
  environment.channel_class = Napi::Persistent(DefineClass(env, "NativeChannel",
                                                           {
                                                               InstanceAccessor<&NativeChannel::GetFd>("fd"),
                                                               InstanceAccessor<&NativeChannel::GetBell>("bell"),
                                                               InstanceAccessor<&NativeChannel::WaitsForCredit>("waitsForCredit"),
                                                               InstanceAccessor<&NativeChannel::WaitsForSocket>("waitsForSocket"),
                                                               InstanceMethod<&NativeChannel::SetOwner>("setOwner"),
                                                               InstanceMethod<&NativeChannel::PeerCredentials>("credentials"),
                                                               InstanceMethod<&NativeChannel::PeerProcess>("peerProcess"),
                                                               InstanceMethod<&NativeChannel::Open>("open"),
                                                               InstanceMethod<&NativeChannel::SetPeer>("setPeer"),
                                                               InstanceMethod<&NativeChannel::UseRing>("useRing"),
                                                               InstanceMethod<&NativeChannel::PeekFirst>("peekFirst"),
                                                               InstanceMethod<&NativeChannel::Send>("send"),
                                                               InstanceMethod<&NativeChannel::Cancel>("cancel"),
                                                               InstanceMethod<&NativeChannel::Flush>("flush"),
                                                               InstanceMethod<&NativeChannel::Receive>("receive"),
                                                               InstanceMethod<&NativeChannel::Grant>("grant"),
                                                               InstanceMethod<&NativeChannel::Watch>("watch"),
                                                               InstanceMethod<&NativeChannel::Unwatch>("unwatch"),
                                                               InstanceMethod<&NativeChannel::SyncRef>("syncRef"),
                                                               InstanceMethod<&NativeChannel::Wait>("wait"),
                                                               InstanceMethod<&NativeChannel::AwaitBell>("awaitBell"),
                                                               InstanceMethod<&NativeChannel::Close>("close"),
                                                           }));
}

Napi::Value NativeChannel::Wrap(Environment& environment, Socket socket) {
  return {environment.env(), WrapNative(environment.channel_class, &socket)};
}

NativeChannel::NativeChannel(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NativeChannel>(info),
      environment_(Environment::Of(info.Env())),
      transport_(Socket()),
      outbox_(transport_, environment_->packets),
      ring_(transport_, *environment_, *this) {
  auto* socket = NativeArgument<Socket>(info);
  if (socket == nullptr) return;
  transport_ = Transport(std::move(*socket));
  transport_.EnlargeSendBuffer();
  environment_->Add(this);
  Napi::Float64Array state = Napi::Float64Array::New(info.Env(), kStateSize);
  state_ = state.Data();
  Value().DefineProperty(Napi::PropertyDescriptor::Value("state", state, napi_enumerable));
}

NativeChannel::~NativeChannel() {
  Shutdown();
}

Napi::Value NativeChannel::GetFd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), transport_.fd());
}

Napi::Value NativeChannel::WaitsForCredit(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), outbox_.waits_for_credit());
}

Napi::Value NativeChannel::WaitsForSocket(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), outbox_.blocked() || transport_.under_way() > 0);
}

void NativeChannel::SetOwner(const Napi::CallbackInfo& info) {
  if (!transport_.open()) return;
  // Until Close() neither the owner nor this object is garbage.
  if (owner_.IsEmpty()) Ref();
  owner_ = Napi::Persistent(info[0].As<Napi::Object>());
}

Napi::Value NativeChannel::PeerCredentials(const Napi::CallbackInfo& info) {
  Credentials credentials;
  if (!gips::PeerCredentials(transport_, credentials)) return Failure(info.Env());
  return ToObject(info.Env(), credentials);
}

Napi::Value NativeChannel::PeerProcess(const Napi::CallbackInfo& info) {
  Descriptor process = gips::PeerProcess(transport_);
  if (!process.valid()) return Failure(info.Env());
  return NativeDescriptor::Wrap(*environment_, std::move(process));
}

void NativeChannel::Open(const Napi::CallbackInfo& info) {
  bool raw = info[0].As<Napi::String>().Utf8Value() == "raw";
  auto window = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  auto max_message_size = static_cast<uint64_t>(info[2].As<Napi::Number>().Int64Value());
  mode_ = raw ? Mode::Raw : Mode::Framed;
  transport_.Open(raw);
  inbox_.Open(window, max_message_size);
  outbox_.Open(raw, window);
  max_message_size_ = max_message_size;
  if (raw) max_raw_size_ = transport_.MaxPacket();
}

void NativeChannel::SetPeer(const Napi::CallbackInfo& info) {
  if (info[1].As<Napi::Number>().Uint32Value() & kFeaturePool) outbox_.UseSlots(&slots_);
  outbox_.AddCredit(info[0].As<Napi::Number>().Int64Value() - kInitialCredit);
  if (transport_.open()) FlushSoon();
}

Napi::Value NativeChannel::PeekFirst(const Napi::CallbackInfo& info) {
  FirstPacket first = transport_.PeekFirst(environment_->receive_buffer, sizeof(environment_->receive_buffer));
  return Napi::Number::New(info.Env(), static_cast<int>(first));
}

Napi::Value NativeChannel::Watch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!transport_.open() || owner_.IsEmpty()) return Failure(env, UV_EBADF);
  if (!source_.open()) {
    int error = source_.Open(environment_->loop(), transport_.fd(), this, environment_.get());
    if (error != 0) return Napi::Number::New(env, error);
    ring_.OnWatched();
  }
  reading_ = info[0].As<Napi::Boolean>().Value() && !ended_;
  AfterOutput();
  return Napi::Number::New(env, 0);
}

void NativeChannel::Unwatch(const Napi::CallbackInfo&) {
  if (!source_.open()) return;
  LeaveStage();
  reading_ = false;
  source_.Close();
  State(kIsReferenced) = 0;
  outbox_.Flush();
  AfterOutput();
}

void NativeChannel::SyncRef(const Napi::CallbackInfo&) {
  UpdateReference();
}

void NativeChannel::UpdateWatch() {
  if (!source_.open()) return;
  // A paused reader still hears that the peer has gone: what is left then is bounded, and read to its end.
  // So does the reader of a ring.
  bool reads_socket = reading_ && !transport_.receives_by_ring();
  int events = reads_socket ? UV_READABLE : ended_ ? 0 : UV_DISCONNECT;
  if ((outbox_.blocked() && transport_.waits_for_socket()) || transport_.under_way() > 0) events |= UV_WRITABLE;
  source_.Watch(mode_ == Mode::Greeting && !reading_ ? 0 : events);
  UpdateReference();
}

void NativeChannel::UpdateReference() {
  if (!source_.open()) return;
  bool wanted = State(kWantReference) != 0;
  State(kIsReferenced) = wanted ? 1 : 0;
  // Accepted bytes keep the process alive until the OS has them, whatever unref() said.
  source_.SetReferenced(wanted || (outbox_.buffered() + transport_.under_way() + transport_.held() > 0 && !outbox_.broken()));
}

Napi::Value NativeChannel::Wait(const Napi::CallbackInfo& info) {
  environment_->FlushDirty();  // this turn does not end while its thread sleeps
  int ready = transport_.Wait(info[0].As<Napi::Number>().Int32Value(), info[1].As<Napi::Number>().Int32Value());
  if (ready & UV_WRITABLE) outbox_.Unblock();  // in place of the loop, which does not run meanwhile
  return Napi::Number::New(info.Env(), ready);
}

void NativeChannel::Close(const Napi::CallbackInfo&) {
  Shutdown();
}

void NativeChannel::Shutdown() {
  if (!transport_.open()) return;
  if (environment_->stage.user == this) environment_->stage.user = nullptr;
  State(kStageRoom) = 0;
  source_.Close();
  ring_.Close();
  transport_.Close();
  environment_->Remove(this);
  // Not when the garbage collector finds the time: descriptors under way hold files open, and messages memory it does not know of.
  outbox_.Clear();
  DropUnfinished();
  peer_slots_.Close();
  arena_.Release();
  if (owner_.IsEmpty()) return;
  owner_.Reset();
  Unref();
}

}  // namespace gips
