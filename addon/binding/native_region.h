// NativeRegion: shared memory owned by a JavaScript object.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/environment.h"
#include "region.h"

namespace gips {

class NativeRegion final : public Napi::ObjectWrap<NativeRegion> {
 public:
  // The class, and the functions of the addon that make such objects.
  static void Define(Napi::Env env, Environment& environment, Napi::Object exports);

  // Constructed by Wrap only: the argument is an External<Region>.
  explicit NativeRegion(const Napi::CallbackInfo& info);

  // The bytes behind the header, of which `size` may be used; and what keeps their addresses valid. Only while open().
  bool open() const { return region_.valid(); }
  uint8_t* data() const { return region_.data(); }
  uint64_t size() const { return region_.size(); }
  const std::shared_ptr<Mapping>& mapping() const { return region_.mapping(); }

 private:
  static Napi::Value Wrap(Napi::Env env, Region region, Region::Refusal refusal = nullptr);
  static Napi::Value Create(const Napi::CallbackInfo& info);
  static Napi::Value Open(const Napi::CallbackInfo& info);
  static Napi::Value Adopt(const Napi::CallbackInfo& info);
  static Napi::Value Unlink(const Napi::CallbackInfo& info);

  Napi::Value TakeDescriptor(const Napi::CallbackInfo& info);
  Napi::Value GetSize(const Napi::CallbackInfo& info);
  Napi::Value GetMaxSize(const Napi::CallbackInfo& info);
  Napi::Value Header(const Napi::CallbackInfo& info);
  Napi::Value Buffer(const Napi::CallbackInfo& info);
  Napi::Value Copy(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);
  void Resize(const Napi::CallbackInfo& info);
  Napi::Value Remap(const Napi::CallbackInfo& info);
  void Detach(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void DetachBuffer();

  Region region_;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

}  // namespace gips
