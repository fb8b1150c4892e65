#include "binding/exposed_buffer.h"

namespace gips {

namespace {

napi_value Get(napi_env env, napi_ref reference) {
  napi_value value = nullptr;
  napi_get_reference_value(env, reference, &value);
  return value;
}

bool IsDetached(napi_env env, napi_value buffer) {
  bool is_detached = false;
  return napi_is_detached_arraybuffer(env, buffer, &is_detached) == napi_ok && is_detached;
}

}  // namespace

napi_status ExposedBuffer::Create(napi_env env, std::shared_ptr<Mapping> mapping, void* data, size_t size, napi_value* buffer) {
  auto* exposed = new ExposedBuffer(env, std::move(mapping));
  napi_status status = napi_create_external_arraybuffer(env, data, size, OnStoreFreed, exposed, buffer);
  if (status != napi_ok) {
    // After any other failure the finalizer may have been called, or may be yet (node::Buffer::New): rather lose a few bytes.
    if (status == napi_no_external_buffers_allowed) delete exposed;
    return status;
  }
  napi_create_reference(env, *buffer, 0, &exposed->object_);
  exposed->has_object_ = napi_add_finalizer(env, *buffer, exposed, OnObjectGone, nullptr, nullptr) == napi_ok;
  exposed->PostSentinel();
  // For versions of Node whose own hook for this buffer is such a hook too: the last one that was added is the first.
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, exposed);
  return napi_ok;
}

void ExposedBuffer::Detach(napi_env env, napi_value buffer) {
  // A buffer that is detached already has been transferred by somebody; it must stay known as such.
  if (!IsDetached(env, buffer)) napi_detach_arraybuffer(env, buffer);
}

void ExposedBuffer::OnStoreFreed(napi_env, void*, void* hint) {
  auto* self = static_cast<ExposedBuffer*>(hint);
  self->has_store_ = false;
  self->Release();
}

void ExposedBuffer::OnObjectGone(napi_env, void* data, void*) {
  auto* self = static_cast<ExposedBuffer*>(data);
  self->has_object_ = false;
  self->Release();
}

void ExposedBuffer::OnEnvironmentEnd(void* data) {
  static_cast<ExposedBuffer*>(data)->JudgeEnd();
}

// Node is about to say that the store is freed, whether or not it is (CallbackInfo::CleanupHook): a buffer that was transferred to another
// thread outlives this environment, and nothing will ever tell when it ends.
void ExposedBuffer::JudgeEnd() {
  if (has_store_ && IsOutOfReach()) mapping_->Forsake();
}

// Newer versions let go of all buffers before they run any hook (Environment::RunCleanup), the youngest first.
void ExposedBuffer::PostSentinel() {
  auto on_freed = [](napi_env, void*, void* hint) {
    auto* sentinel = static_cast<Sentinel*>(hint);
    if (sentinel->exposed != nullptr) {
      sentinel->exposed->JudgeEnd();
      sentinel->exposed->sentinel_ = nullptr;
    }
    delete sentinel;
  };
  auto* sentinel = new Sentinel{this};
  napi_value object;
  if (napi_create_external_arraybuffer(env_, sentinel, sizeof(Sentinel), on_freed, sentinel, &object) != napi_ok) return;
  sentinel_ = sentinel;
  napi_create_reference(env_, object, 1, &sentinel_object_);
}

bool ExposedBuffer::IsOutOfReach() {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return true;
  napi_value object = object_ == nullptr ? nullptr : Get(env_, object_);
  bool is_out_of_reach = object == nullptr || IsDetached(env_, object);
  napi_close_handle_scope(env_, scope);
  return is_out_of_reach;
}

void ExposedBuffer::Release() {
  if (has_store_ || has_object_) return;
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  if (object_ != nullptr) napi_delete_reference(env_, object_);
  if (sentinel_object_ != nullptr) napi_delete_reference(env_, sentinel_object_);
  if (sentinel_ != nullptr) sentinel_->exposed = nullptr;
  delete this;
}

}  // namespace gips
