#include "binding/native_credentials.h"

#include <optional>

#include "binding/native_descriptor.h"
#include "binding/wrap.h"
#include "users.h"

namespace gips {

namespace {

Napi::Value Optional(Napi::Env env, const std::optional<std::string>& text) {
  return text ? Napi::String::New(env, *text) : env.Undefined();
}

Napi::Value FindUserId(const Napi::CallbackInfo& info) {
  return Optional(info.Env(), UserId(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value FindGroupId(const Napi::CallbackInfo& info) {
  return Optional(info.Env(), GroupId(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value FindUserName(const Napi::CallbackInfo& info) {
  return Optional(info.Env(), UserName(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value GetCurrentCredentials(const Napi::CallbackInfo& info) {
  return ToObject(info.Env(), CurrentCredentials());
}

Napi::Value HasProcessExited(const Napi::CallbackInfo& info) {
  auto* process = UnwrapNative<NativeDescriptor>(info.Env(), info[0]);
  return Napi::Boolean::New(info.Env(), process != nullptr && ProcessExited(process->owned()));
}

}  // namespace

Napi::Object ToObject(Napi::Env env, const Credentials& credentials) {
  Napi::Object object = Napi::Object::New(env);
  object["pid"] = Napi::Number::New(env, credentials.pid);
  object["uid"] = Napi::String::New(env, credentials.user);
  Napi::Array groups = Napi::Array::New(env, credentials.groups.size());
  for (uint32_t i = 0; i < credentials.groups.size(); i++) groups.Set(i, Napi::String::New(env, credentials.groups[i]));
  object["gids"] = groups;
  object["isPrivileged"] = Napi::Boolean::New(env, credentials.is_privileged);
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
