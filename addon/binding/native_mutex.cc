#include "binding/native_mutex.h"

#include "binding/native_region.h"
#include "binding/waiting.h"
#include "binding/wrap.h"

namespace gips {

namespace {

class LockCall final : public Waiting::Call {
 public:
  LockCall(RobustOwner& owner, RobustWord word, bool is_patient) : owner_(owner), word_(std::move(word)), is_patient_(is_patient) {}

  void Run() override {
    switch (WaitForLock(owner_, word_, cancellation_, is_patient_)) {
      case LockEnd::Acquired:
        return Set(Outcome::Acquired);
      case LockEnd::AcquiredFromDead:
        return Set(Outcome::AcquiredFromDead);
      case LockEnd::Cancelled:
        return Set(Outcome::Cancelled);
      case LockEnd::Suspended:
        return Set(Outcome::Suspended);
      case LockEnd::Exhausted:
        outcome = UV_EAGAIN;
    }
  }

  void Settle() override {
    if (is_patient_ && IsAcquired()) owner_.Settle();
  }

  void Discard() override {
    if (!IsAcquired()) return;
    owner_.Release(word_, outcome == static_cast<int>(Outcome::AcquiredFromDead));
    Settle();
  }

  void GiveBack() override {
    if (!IsAcquired()) return;
    Discard();
    Set(Outcome::Suspended);
  }

 private:
  bool IsAcquired() const {
    return outcome == static_cast<int>(Outcome::Acquired) || outcome == static_cast<int>(Outcome::AcquiredFromDead);
  }
  void Set(Outcome value) { outcome = static_cast<int>(value); }

  RobustOwner& owner_;
  RobustWord word_;
  bool is_patient_;
};

}  // namespace

void NativeMutex::Define(Napi::Env env, Environment& environment, Napi::Object exports) {
  environment.mutex_class = Napi::Persistent(DefineClass(env, "NativeMutex",
                                                         {
                                                             InstanceMethod<&NativeMutex::TryLock>("tryLock"),
                                                             InstanceMethod<&NativeMutex::StartLock>("startLock"),
                                                             InstanceMethod<&NativeMutex::BeginBlocking>("beginBlocking"),
                                                             InstanceMethod<&NativeMutex::EndBlocking>("endBlocking"),
                                                             InstanceMethod<&NativeMutex::Release>("release"),
                                                         }));
  exports["createMutex"] = Napi::Function::New<Create>(env, "createMutex");
}

// (region, byteOffset)
Napi::Value NativeMutex::Create(const Napi::CallbackInfo& info) {
  auto* region = UnwrapNative<NativeRegion>(info.Env(), info[0]);
  if (region == nullptr || !region->open()) return Failure(info.Env(), UV_EBADF);
  auto environment = Environment::Of(info.Env());
  auto* waiting = Waiting::Of(*environment);
  if (waiting == nullptr || waiting->Owner() == nullptr) return Failure(info.Env());
  uint8_t* address = region->data() + info[1].As<Napi::Number>().Int64Value();
  auto page = waiting->PageOf(region->mapping(), address);
  if (page == nullptr) return Failure(info.Env());
  RobustWord word(std::move(page), reinterpret_cast<uintptr_t>(address) % RobustPage::Size());
  return {info.Env(), WrapNative(environment->mutex_class, &word)};
}

NativeMutex::NativeMutex(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeMutex>(info), environment_(Environment::Of(info.Env())) {
  auto* word = NativeArgument<RobustWord>(info);
  if (word != nullptr) word_ = std::move(*word);
}

// (isPolite)
Napi::Value NativeMutex::TryLock(const Napi::CallbackInfo& info) {
  RobustOwner* owner = environment_->waiting->Owner();
  if (owner == nullptr) return Failure(info.Env(), UV_ECANCELED);
  environment_->waiting->DiscardAbandoned();
  // Who asks again and again would leave no gap for the others.
  bool is_polite = info[0].As<Napi::Boolean>().Value();
  if (is_polite && word_.waiters() != 0) return Napi::Number::New(info.Env(), static_cast<int>(Outcome::Pending));
  switch (owner->TryAcquire(word_, false, false)) {
    case Attempt::Acquired:
      return Napi::Number::New(info.Env(), static_cast<int>(Outcome::Acquired));
    case Attempt::AcquiredFromDead:
      return Napi::Number::New(info.Env(), static_cast<int>(Outcome::AcquiredFromDead));
    case Attempt::Exhausted:
      return Failure(info.Env(), UV_EAGAIN);
    default:
      return Napi::Number::New(info.Env(), static_cast<int>(Outcome::Pending));
  }
}

// (isBlocking)
Napi::Value NativeMutex::StartLock(const Napi::CallbackInfo& info) {
  bool is_blocking = info[0].As<Napi::Boolean>().Value();
  Waiting& waiting = *environment_->waiting;
  if (waiting.Owner() == nullptr) return Failure(info.Env(), UV_ECANCELED);
  return Napi::Number::New(info.Env(), waiting.Start(std::make_shared<LockCall>(*waiting.Owner(), word_, !is_blocking), is_blocking));
}

Napi::Value NativeMutex::BeginBlocking(const Napi::CallbackInfo& info) {
  RobustOwner* owner = environment_->waiting->Owner();
  if (owner == nullptr) return Napi::Boolean::New(info.Env(), false);
  environment_->waiting->BeginBlocking();
  return Napi::Boolean::New(info.Env(), !owner->Owns(word_));
}

void NativeMutex::EndBlocking(const Napi::CallbackInfo&) {
  RobustOwner* owner = environment_->waiting->Owner();
  if (owner != nullptr) owner->Resume();
}

void NativeMutex::Release(const Napi::CallbackInfo&) {
  RobustOwner* owner = environment_->waiting->Owner();
  if (owner != nullptr) owner->Release(word_, false);
}

}  // namespace gips
