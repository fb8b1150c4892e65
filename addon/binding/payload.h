// The bytes of a payload argument, without a copy where they already are bytes.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

namespace gips {

class Payload {
 public:
  // string | ArrayBuffer | ArrayBufferView, as validated by the caller; anything else is empty. Short strings are encoded into `buffer`.
  Payload(napi_env env, napi_value value, uint8_t* buffer, size_t capacity) {
    void* bytes = nullptr;
    napi_valuetype type;
    bool is_view = false;
    napi_typeof(env, value, &type);
    if (type == napi_string) {
      EncodeString(env, value, buffer, capacity);
    } else if (type == napi_object && napi_is_buffer(env, value, &is_view) == napi_ok && is_view) {
      napi_get_buffer_info(env, value, &bytes, &size_);  // any view, for all its name (node::Buffer::HasInstance)
      data_ = static_cast<const uint8_t*>(bytes);
    } else if (type == napi_object && napi_get_arraybuffer_info(env, value, &bytes, &size_) == napi_ok) {
      data_ = static_cast<const uint8_t*>(bytes);
    }
  }

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void EncodeString(napi_env env, napi_value value, uint8_t* buffer, size_t capacity) {
    napi_get_value_string_utf8(env, value, reinterpret_cast<char*>(buffer), capacity, &size_);
    data_ = buffer;
    // It stops at the last whole character that fits in front of a NUL.
    if (size_ + 4 < capacity) return;
    napi_get_value_string_utf8(env, value, nullptr, 0, &size_);
    long_string_.resize(size_ + 1);
    napi_get_value_string_utf8(env, value, long_string_.data(), long_string_.size(), &size_);
    data_ = reinterpret_cast<const uint8_t*>(long_string_.data());
  }

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  std::vector<char> long_string_;
};

}  // namespace gips
