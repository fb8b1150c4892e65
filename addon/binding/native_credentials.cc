#include "binding/native_credentials.h"

#include <optional>

#include "binding/native_descriptor.h"
#include "binding/wrap.h"
#include "users.h"

namespace gips {

namespace {

Napi::Value OptionalId(Napi::Env env, std::optional<uint32_t> id) {
  return id ? Napi::Number::New(env, *id) : env.Undefined();
}

Napi::Value FindUserId(const Napi::CallbackInfo& info) {
  return OptionalId(info.Env(), UserId(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value FindGroupId(const Napi::CallbackInfo& info) {
  return OptionalId(info.Env(), GroupId(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value FindUserName(const Napi::CallbackInfo& info) {
  std::optional<std::string> name = UserName(info[0].As<Napi::Number>().Uint32Value());
  return name ? Napi::String::New(info.Env(), *name) : info.Env().Undefined();
}

Napi::Value GetCurrentCredentials(const Napi::CallbackInfo& info) {
  return ToObject(info.Env(), CurrentCredentials());
}

Napi::Value HasProcessExited(const Napi::CallbackInfo& info) {
  auto* process = UnwrapNative<NativeDescriptor>(info.Env(), info[0]);
  return Napi::Boolean::New(info.Env(), process != nullptr && ProcessExited(process->fd()));
}

}  // namespace

Napi::Object ToObject(Napi::Env env, const Credentials& credentials) {
  Napi::Object object = Napi::Object::New(env);
  object["pid"] = Napi::Number::New(env, credentials.pid);
  object["uid"] = Napi::Number::New(env, credentials.uid);
  Napi::Array gids = Napi::Array::New(env, credentials.gids.size());
  for (uint32_t i = 0; i < credentials.gids.size(); i++) gids.Set(i, Napi::Number::New(env, credentials.gids[i]));
  object["gids"] = gids;
  return object;
}

void DefineCredentials(Napi::Env env, Napi::Object exports) {
  exports["currentCredentials"] = Napi::Function::New<GetCurrentCredentials>(env, "currentCredentials");
  exports["userId"] = Napi::Function::New<FindUserId>(env, "userId");
  exports["groupId"] = Napi::Function::New<FindGroupId>(env, "groupId");
  exports["userName"] = Napi::Function::New<FindUserName>(env, "userName");
  exports["processExited"] = Napi::Function::New<HasProcessExited>(env, "processExited");
}

}  // namespace gips
