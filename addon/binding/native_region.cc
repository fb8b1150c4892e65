#include "binding/native_region.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "binding/exposed_buffer.h"
#include "binding/native_descriptor.h"
#include "binding/payload.h"
#include "binding/waiting.h"
#include "binding/wrap.h"

namespace gips {

namespace {

uint64_t Size(const Napi::CallbackInfo& info, size_t index) {
  return static_cast<uint64_t>(info[index].As<Napi::Number>().Int64Value());
}

std::string Name(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::String>().Utf8Value();
}

Napi::Number Number(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

}  // namespace

void NativeRegion::Define(Napi::Env env, Environment& environment, Napi::Object exports) {
  environment.region_class = Napi::Persistent(DefineClass(env, "NativeRegion",
                                                          {
                                                              InstanceMethod<&NativeRegion::TakeDescriptor>("takeDescriptor"),
                                                              InstanceAccessor<&NativeRegion::GetSize>("size"),
                                                              InstanceAccessor<&NativeRegion::GetMaxSize>("maxSize"),
                                                              InstanceMethod<&NativeRegion::Header>("header"),
                                                              InstanceMethod<&NativeRegion::Buffer>("buffer"),
                                                              InstanceMethod<&NativeRegion::Copy>("copy"),
                                                              InstanceMethod<&NativeRegion::Write>("write"),
                                                              InstanceMethod<&NativeRegion::Resize>("resize"),
                                                              InstanceMethod<&NativeRegion::Remap>("remap"),
                                                              InstanceMethod<&NativeRegion::Detach>("detach"),
                                                              InstanceMethod<&NativeRegion::Close>("close"),
                                                          }));
  exports["createRegion"] = Napi::Function::New<Create>(env, "createRegion");
  exports["openRegion"] = Napi::Function::New<Open>(env, "openRegion");
  exports["adoptRegion"] = Napi::Function::New<Adopt>(env, "adoptRegion");
  exports["unlinkRegion"] = Napi::Function::New<Unlink>(env, "unlinkRegion");
}

Napi::Value NativeRegion::Wrap(Napi::Env env, Region region, Region::Refusal refusal) {
  if (region.valid()) return {env, WrapNative(Environment::Of(env)->region_class, &region)};
  if (refusal != nullptr) return Napi::String::New(env, refusal);
  return Failure(env);
}

Napi::Value NativeRegion::Create(const Napi::CallbackInfo& info) {
  if (info[0].IsNull()) return Wrap(info.Env(), Region::Create(Size(info, 1), Size(info, 2)));
  return Wrap(info.Env(), Region::CreateNamed(Name(info, 0), Size(info, 1), Size(info, 2)));
}

Napi::Value NativeRegion::Open(const Napi::CallbackInfo& info) {
  Region::Refusal refusal;
  Region region = Region::Open(Name(info, 0), Size(info, 1), refusal);
  return Wrap(info.Env(), std::move(region), refusal);
}

Napi::Value NativeRegion::Adopt(const Napi::CallbackInfo& info) {
  auto* descriptor = UnwrapNative<NativeDescriptor>(info.Env(), info[0]);
  if (descriptor == nullptr) return Failure(info.Env(), UV_EINVAL);
  Region::Refusal refusal;
  Region region = Region::Adopt(descriptor->owned(), info[1].As<Napi::Boolean>().Value(), Size(info, 2), refusal);
  return Wrap(info.Env(), std::move(region), refusal);
}

Napi::Value NativeRegion::Unlink(const Napi::CallbackInfo& info) {
  auto* descriptor = UnwrapNative<NativeDescriptor>(info.Env(), info[1]);
  return Failure(info.Env(), descriptor == nullptr ? UV_EINVAL : Region::Unlink(Name(info, 0), descriptor->owned()));
}

NativeRegion::NativeRegion(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeRegion>(info) {
  auto* region = NativeArgument<Region>(info);
  if (region != nullptr) region_ = std::move(*region);
}

Napi::Value NativeRegion::TakeDescriptor(const Napi::CallbackInfo& info) {
  return NativeDescriptor::Wrap(*Environment::Of(info.Env()), std::move(region_.descriptor()));
}

Napi::Value NativeRegion::GetSize(const Napi::CallbackInfo& info) {
  return Number(info.Env(), region_.size());
}

Napi::Value NativeRegion::GetMaxSize(const Napi::CallbackInfo& info) {
  return Number(info.Env(), region_.max_size());
}

Napi::Value NativeRegion::Header(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array fields = Napi::Array::New(env);
  if (!open()) return fields;
  RegionHeader header = region_.ReadHeader();
  fields[0u] = Number(env, header.capacity);
  fields[1u] = Number(env, header.total);
  fields[2u] = Number(env, header.extension);
  fields[3u] = Number(env, header.barrier);
  return fields;
}

Napi::Value NativeRegion::Buffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!open()) return Failure(env, UV_EBADF);
  // One that somebody has transferred is theirs.
  if (!buffer_.IsEmpty() && buffer_.Value().IsDetached()) buffer_.Reset();
  if (!buffer_.IsEmpty()) return buffer_.Value();
  napi_value buffer;
  napi_status status = ExposedBuffer::Create(env, mapping(), data(), size(), &buffer);
  if (status == napi_no_external_buffers_allowed) return Failure(env, UV_ENOTSUP);
  if (status != napi_ok) return Failure(env, UV_ENOMEM);
  buffer_ = Napi::Persistent(Napi::ArrayBuffer(env, buffer));
  return buffer_.Value();
}

Napi::Value NativeRegion::Copy(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint64_t offset = Size(info, 0);
  uint64_t length = Size(info, 1);
  if (!open() || offset > size() || length > size() - offset) return Failure(env, UV_EBADF);
  napi_value copy;
  if (napi_create_buffer_copy(env, length, data() + offset, nullptr, &copy) != napi_ok) return Failure(env, UV_ENOMEM);
  return {env, copy};
}

Napi::Value NativeRegion::Write(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!open()) return Failure(env, UV_EBADF);
  Payload payload(env, info[0]);
  uint64_t offset = Size(info, 1);
  if (offset >= size()) return Number(env, 0);
  uint64_t count = std::min<uint64_t>(payload.size(), size() - offset);
  if (count > 0) std::memmove(data() + offset, payload.data(), count);
  return Number(env, count);
}

void NativeRegion::Resize(const Napi::CallbackInfo& info) {
  if (!open()) return;
  DetachBuffer();
  region_.Resize(std::min(Size(info, 0), region_.max_size()));
}

Napi::Value NativeRegion::Remap(const Napi::CallbackInfo& info) {
  if (!open() || !region_.Remap()) return Napi::Boolean::New(info.Env(), false);
  DetachBuffer();
  return Napi::Boolean::New(info.Env(), true);
}

void NativeRegion::Detach(const Napi::CallbackInfo&) {
  DetachBuffer();
}

void NativeRegion::Close(const Napi::CallbackInfo& info) {
  DetachBuffer();
  auto environment = Environment::Of(info.Env());
  if (open() && environment->waiting != nullptr) environment->waiting->RetirePagesOf(*mapping());
  region_.Close();
}

void NativeRegion::DetachBuffer() {
  if (buffer_.IsEmpty()) return;
  ExposedBuffer::Detach(Env(), buffer_.Value());
  buffer_.Reset();
}

}  // namespace gips
