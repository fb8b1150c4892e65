// An ArrayBuffer over shared memory, and everybody it may have been given to.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "mapping.h"

namespace gips {

// JavaScript's memory has two lives. Asynchronous operations (zlib, fs, crypto) work on bare addresses and hold the ArrayBuffer object,
// though it be detached; a buffer that was transferred has left its object behind, and holds the backing store. The mapping is let go of
// when both have ended. Deletes itself then.
class ExposedBuffer {
 public:
  // napi_no_external_buffers_allowed where the engine forbids foreign memory.
  static napi_status Create(napi_env env, std::shared_ptr<Mapping> mapping, void* data, size_t size, napi_value* buffer);

  // Takes the memory away from all views of `buffer`.
  static void Detach(napi_env env, napi_value buffer);

 private:
  ExposedBuffer(napi_env env, std::shared_ptr<Mapping> mapping) : env_(env), mapping_(std::move(mapping)) {}

  static void OnStoreFreed(napi_env env, void* data, void* hint);
  static void OnObjectGone(napi_env env, void* data, void* hint);
  static void OnEnvironmentEnd(void* data);
  void PostSentinel();
  void JudgeEnd();
  bool IsOutOfReach();
  void Release();

  napi_env env_;
  std::shared_ptr<Mapping> mapping_;
  napi_ref object_ = nullptr;  // weak
  // A buffer made after ours: Node lets go of it before ours when the environment ends, and by that we know.
  struct Sentinel {
    ExposedBuffer* exposed;
  };
  Sentinel* sentinel_ = nullptr;
  napi_ref sentinel_object_ = nullptr;
  bool has_store_ = true;
  bool has_object_ = false;
};

}  // namespace gips
