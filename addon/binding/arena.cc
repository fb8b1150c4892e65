#include "binding/arena.h"

#include <cstring>

namespace gips {

namespace {

// A payload pins its whole chunk, so a chunk is a few KiB; an idle channel keeps a small one.
constexpr size_t kFirstChunk = 1024;
constexpr size_t kChunk = 8 * 1024;
constexpr size_t kAlone = kChunk / 2;

constexpr Placement kNowhere = {-1, 0};

constexpr size_t Aligned(size_t size) {
  return (size + 7) & ~size_t{7};  // so that users can lay typed arrays over payloads
}

}  // namespace

void Arena::Begin(napi_env env) {
  env_ = env;
  buffers_.clear();
  chunk_index_ = -1;
  busy_ = false;
  // Whoever has a payload can take its memory away: not everything in Node heeds markAsUntransferable.
  bool detached = false;
  if (!chunk_.IsEmpty() && napi_is_detached_arraybuffer(env, chunk_.Value(), &detached) == napi_ok && detached) chunk_.Reset();
}

Placement Arena::Copy(const uint8_t* payload, size_t size) {
  if (size == 0) return kNowhere;
  if (size > kAlone) return CopyAlone(payload, size);
  if ((chunk_.IsEmpty() || chunk_size_ - chunk_used_ < size) && !NewChunk(size)) return kNowhere;
  if (chunk_index_ < 0) chunk_index_ = Push(chunk_.Value());
  size_t offset = chunk_used_;
  std::memcpy(chunk_data_ + offset, payload, size);
  chunk_used_ = Aligned(offset + size);
  if (chunk_used_ >= chunk_size_) chunk_.Reset();
  return {chunk_index_, offset};
}

bool Arena::NewChunk(size_t size) {
  chunk_.Reset();
  chunk_size_ = busy_ || size > kFirstChunk ? kChunk : kFirstChunk;
  chunk_used_ = 0;
  chunk_index_ = -1;
  busy_ = true;
  void* data;
  napi_value chunk;
  if (napi_create_arraybuffer(env_, chunk_size_, &data, &chunk) != napi_ok) return false;
  chunk_ = Napi::Persistent(Napi::ArrayBuffer(env_, chunk));
  chunk_data_ = static_cast<uint8_t*>(data);
  return true;
}

Placement Arena::CopyAlone(const uint8_t* payload, size_t size) {
  // napi_create_buffer leaves the memory uninitialized where napi_create_arraybuffer fills it with zeros first.
  void* data;
  napi_value buffer;
  napi_value array_buffer;
  size_t offset;
  if (napi_create_buffer(env_, size, &data, &buffer) != napi_ok) return kNowhere;
  if (napi_get_typedarray_info(env_, buffer, nullptr, nullptr, nullptr, &array_buffer, &offset) != napi_ok) return kNowhere;
  std::memcpy(data, payload, size);
  return {Push(array_buffer), offset};
}

Placement Arena::Adopt(OwnedBytes bytes, size_t size) {
  napi_value buffer;
  auto free_bytes = [](napi_env, void* data, void*) { std::free(data); };
  napi_status status = napi_create_external_arraybuffer(env_, bytes.get(), size, free_bytes, nullptr, &buffer);
  // Electron forbids foreign memory (napi_no_external_buffers_allowed).
  if (status != napi_ok) return CopyAlone(bytes.get(), size);
  bytes.release();
  return {Push(buffer), 0};
}

int Arena::Push(napi_value buffer) {
  buffers_.push_back(buffer);
  return static_cast<int>(buffers_.size() - 1);
}

napi_value Arena::Finish() {
  napi_value array;
  if (napi_create_array_with_length(env_, buffers_.size(), &array) != napi_ok) return nullptr;
  for (uint32_t i = 0; i < buffers_.size(); i++) napi_set_element(env_, array, i, buffers_[i]);
  buffers_.clear();
  return array;
}

}  // namespace gips
