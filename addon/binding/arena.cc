#include "binding/arena.h"

#include <cstdlib>
#include <cstring>

#include "core/large_memory.h"

namespace gips {

namespace {

// A payload pins its whole chunk, so a chunk is a few KiB; an idle channel keeps a small one.
constexpr size_t kFirstChunk = 256;
constexpr size_t kChunk = 8 * 1024;
constexpr size_t kAlone = kChunk / 2;

// The engine begins to collect when so much foreign memory has come since it last did that another message like this one would be too much.
constexpr int64_t kWeight = 2;

constexpr Placement kNowhere = {-1, 0};

constexpr size_t Aligned(size_t size) {
  return (size + 7) & ~size_t{7};  // so that users can lay typed arrays over payloads
}

}  // namespace

void Arena::Begin(napi_env env, bool by_loop) {
  env_ = env;
  by_loop_ = by_loop;
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
  chunk_size_ = busy_ ? kChunk : kFirstChunk;
  while (chunk_size_ < size) chunk_size_ *= 2;
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
  uint8_t* data;
  size_t offset;
  napi_value buffer = NewBuffer(size, data, offset);
  if (buffer == nullptr) return kNowhere;
  PreferLargePages(data, size);
  std::memcpy(data, payload, size);
  return {Push(buffer), offset};
}

uint8_t* Arena::Allocate(size_t size) {
  large_ = LargeBytes(static_cast<uint8_t*>(std::malloc(size)));
  large_size_ = size;
  if (large_ != nullptr) PreferLargePages(large_.get(), size);
  return large_.get();
}

Placement Arena::PlaceAllocated() {
  Placement placement = by_loop_ ? ExposeAllocated() : kNowhere;
  if (placement.buffer < 0) placement = CopyAlone(large_.get(), large_size_);
  DropAllocated();
  return placement;
}

// Foreign memory, once garbage, is freed when the event loop has its next turn (node::CallbackInfo): whoever receives without a loop would
// never get it back.
Placement Arena::ExposeAllocated() {
  // Empty until the buffer is there: after most failures to make it, its finalizer has been called, or may be yet (node::Buffer::New).
  struct Block {
    LargeBytes bytes;
    size_t size = 0;
  };
  auto* block = new Block;
  auto free_block = [](napi_env env, void*, void* hint) {
    auto* block = static_cast<Block*>(hint);
    int64_t ignored;
    napi_adjust_external_memory(env, -kWeight * static_cast<int64_t>(block->size), &ignored);
    delete block;
  };
  napi_value buffer;
  napi_status status = napi_create_external_arraybuffer(env_, large_.get(), large_size_, free_block, block, &buffer);
  if (status == napi_ok) {
    *block = {std::move(large_), large_size_};
    unaccounted_ += large_size_;
    return {Push(buffer), 0};
  }
  // Electron forbids foreign memory. After any other failure, rather lose a few bytes.
  if (status == napi_no_external_buffers_allowed) delete block;
  return kNowhere;
}

void Arena::Account() {
  int64_t ignored;
  if (unaccounted_ > 0) napi_adjust_external_memory(env_, kWeight * static_cast<int64_t>(unaccounted_), &ignored);
  unaccounted_ = 0;
}

// napi_create_buffer leaves the memory uninitialized where napi_create_arraybuffer fills it with zeros first.
napi_value Arena::NewBuffer(size_t size, uint8_t*& data, size_t& offset) {
  void* memory;
  napi_value view;
  napi_value buffer;
  if (napi_create_buffer(env_, size, &memory, &view) != napi_ok) return nullptr;
  if (napi_get_typedarray_info(env_, view, nullptr, nullptr, nullptr, &buffer, &offset) != napi_ok) return nullptr;
  data = static_cast<uint8_t*>(memory);
  return buffer;
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
