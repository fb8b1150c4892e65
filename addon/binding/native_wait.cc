#include "binding/native_wait.h"

#include <climits>

#include "binding/native_region.h"
#include "binding/waiting.h"
#include "binding/wrap.h"
#include "shared_wait.h"

namespace gips {

namespace {

int OutcomeOf(WaitEnd end) {
  switch (end) {
    case WaitEnd::Woken:
      return static_cast<int>(Outcome::Woken);
    case WaitEnd::NotEqual:
      return static_cast<int>(Outcome::NotEqual);
    case WaitEnd::TimedOut:
      return static_cast<int>(Outcome::TimedOut);
    case WaitEnd::Cancelled:
      break;
  }
  return static_cast<int>(Outcome::Cancelled);
}

class FutexCall final : public Waiting::Call {
 public:
  FutexCall(std::shared_ptr<Mapping> mapping, SharedWord& word, uint32_t expected, int64_t deadline)
      : mapping_(std::move(mapping)), word_(word), expected_(expected), deadline_(deadline) {}

  void Run() override { outcome = OutcomeOf(WaitShared(*mapping_, word_, expected_, cancellation_, deadline_)); }
  void Discard() override {
    if (outcome == static_cast<int>(Outcome::Woken)) WakeShared(*mapping_, word_, 1);
  }

 private:
  std::shared_ptr<Mapping> mapping_;  // the word stays mapped
  SharedWord& word_;
  uint32_t expected_;
  int64_t deadline_;
};

SharedWord& WordAt(const NativeRegion& region, Napi::Value offset) {
  return *reinterpret_cast<SharedWord*>(region.data() + offset.As<Napi::Number>().Int64Value());
}

// (region, byteOffset, expected, milliseconds, isBlocking)
Napi::Value StartWait(const Napi::CallbackInfo& info) {
  auto* region = UnwrapNative<NativeRegion>(info.Env(), info[0]);
  if (region == nullptr || !region->open()) return Failure(info.Env(), UV_EBADF);
  SharedWord& word = WordAt(*region, info[1]);
  auto expected = info[2].As<Napi::Number>().Uint32Value();
  double milliseconds = info[3].As<Napi::Number>().DoubleValue();
  // Most waits that need none are spared their thread; the kernel compares again.
  if (word != expected) return Napi::Number::New(info.Env(), 0);
  auto* waiting = Waiting::Of(*Environment::Of(info.Env()));
  if (waiting == nullptr) return Failure(info.Env());
  auto call = std::make_shared<FutexCall>(region->mapping(), word, expected, DeadlineIn(milliseconds));
  return Napi::Number::New(info.Env(), waiting->Start(std::move(call), info[4].As<Napi::Boolean>().Value()));
}

// (region, byteOffset, count)
Napi::Value Notify(const Napi::CallbackInfo& info) {
  auto* region = UnwrapNative<NativeRegion>(info.Env(), info[0]);
  if (region == nullptr || !region->open()) return Failure(info.Env(), UV_EBADF);
  return Napi::Number::New(info.Env(), WakeShared(*region->mapping(), WordAt(*region, info[1]), info[2].As<Napi::Number>().Int32Value()));
}

Napi::Value AwaitCall(const Napi::CallbackInfo& info) {
  auto* waiting = Waiting::Of(*Environment::Of(info.Env()));
  if (waiting == nullptr) return Failure(info.Env());
  auto id = info[0].As<Napi::Number>().Uint32Value();
  return Napi::Number::New(info.Env(), waiting->Wait(id, info[1].As<Napi::Number>().Int32Value()));
}

Napi::Value FinishCall(const Napi::CallbackInfo& info) {
  auto* waiting = Waiting::Of(*Environment::Of(info.Env()));
  if (waiting == nullptr) return Failure(info.Env());
  return Napi::Number::New(info.Env(), waiting->Finish(info[0].As<Napi::Number>().Uint32Value()));
}

void DiscardCalls(const Napi::CallbackInfo& info) {
  auto* waiting = Waiting::Of(*Environment::Of(info.Env()));
  if (waiting == nullptr) return;
  auto list = info[0].As<Napi::Array>();
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < list.Length(); i++) ids.push_back(Napi::Value(list[i]).As<Napi::Number>().Uint32Value());
  waiting->Discard(ids);
}

void SetWaitDispatch(const Napi::CallbackInfo& info) {
  Environment::Of(info.Env())->SetDispatch(Environment::Event::Waited, info[0].As<Napi::Function>());
}

}  // namespace

void DefineWaits(Napi::Env env, Napi::Object exports) {
  exports["startWait"] = Napi::Function::New<StartWait>(env, "startWait");
  exports["notify"] = Napi::Function::New<Notify>(env, "notify");
  exports["awaitCall"] = Napi::Function::New<AwaitCall>(env, "awaitCall");
  exports["finishCall"] = Napi::Function::New<FinishCall>(env, "finishCall");
  exports["discardCalls"] = Napi::Function::New<DiscardCalls>(env, "discardCalls");
  exports["setWaitDispatch"] = Napi::Function::New<SetWaitDispatch>(env, "setWaitDispatch");
}

}  // namespace gips
