// Where received payloads live: small ones side by side in chunks of one peer, large ones alone.
//
// Every call may fail without harm: an environment that is being terminated still delivers events, but makes no more objects.
#pragma once

#include <napi.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace gips {

struct Placement {
  int buffer;  // index in the batch's buffers; -1 for an empty payload
  size_t offset;
};

struct FreeBytes {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
using LargeBytes = std::unique_ptr<uint8_t[], FreeBytes>;

class Arena {
 public:
  // A batch begins: `buffers` are what its records refer to. `by_loop`: the event loop is turning.
  void Begin(napi_env env, bool by_loop);
  Placement Copy(const uint8_t* payload, size_t size);
  // Memory for one large payload, which a later batch refers to. Null if it cannot be had.
  uint8_t* Allocate(size_t size);
  Placement PlaceAllocated();
  // Whatever was allocated and not placed.
  void DropAllocated() { large_.reset(); }
  // The batch has been handled: tells the engine of the memory behind large payloads. Not before, or what its user has just let go of for
  // it would outlive the collection that this begins.
  void Account();
  // The buffers as an array; null if it cannot be made.
  napi_value Finish();
  void Release() {
    chunk_.Reset();
    DropAllocated();
  }

 private:
  bool NewChunk(size_t size);
  Placement ExposeAllocated();
  Placement CopyAlone(const uint8_t* payload, size_t size);
  napi_value NewBuffer(size_t size, uint8_t*& data, size_t& offset);
  int Push(napi_value buffer);

  napi_env env_ = nullptr;
  std::vector<napi_value> buffers_;
  LargeBytes large_;
  size_t large_size_ = 0;
  size_t unaccounted_ = 0;
  Napi::Reference<Napi::ArrayBuffer> chunk_;
  uint8_t* chunk_data_ = nullptr;
  size_t chunk_size_ = 0;
  size_t chunk_used_ = 0;
  int chunk_index_ = -1;  // in buffers_
  bool by_loop_ = false;
  bool busy_ = false;  // this batch has filled a chunk: the next one is of full size
};

}  // namespace gips
