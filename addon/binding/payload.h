// The bytes of a payload argument, where they are.
#pragma once

#include <napi.h>

#include <cstdint>

namespace gips {

class Payload {
 public:
  // ArrayBuffer | ArrayBufferView, as validated by the caller; anything else is empty.
  Payload(napi_env env, napi_value value) {
    void* bytes = nullptr;
    bool is_view = false;
    if (napi_is_buffer(env, value, &is_view) == napi_ok && is_view) {
      napi_get_buffer_info(env, value, &bytes, &size_);  // any view, for all its name (node::Buffer::HasInstance)
    } else if (napi_get_arraybuffer_info(env, value, &bytes, &size_) != napi_ok) {
      size_ = 0;
    }
    data_ = static_cast<const uint8_t*>(bytes);
  }

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gips
