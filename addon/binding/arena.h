// Where received payloads live: small ones side by side in chunks of one peer, large ones alone.
//
// Every call may fail without harm: an environment that is being terminated still delivers events, but makes no more objects.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

#include "core/inbox.h"

namespace gips {

struct Placement {
  int buffer;  // index in the batch's buffers; -1 for an empty payload
  size_t offset;
};

class Arena {
 public:
  // A batch begins: `buffers` are what its records refer to.
  void Begin(napi_env env);
  Placement Copy(const uint8_t* payload, size_t size);
  Placement Adopt(OwnedBytes bytes, size_t size);
  // The buffers as an array; null if it cannot be made.
  napi_value Finish();
  void Release() { chunk_.Reset(); }

 private:
  bool NewChunk(size_t size);
  Placement CopyAlone(const uint8_t* payload, size_t size);
  int Push(napi_value buffer);

  napi_env env_ = nullptr;
  std::vector<napi_value> buffers_;
  Napi::Reference<Napi::ArrayBuffer> chunk_;
  uint8_t* chunk_data_ = nullptr;
  size_t chunk_size_ = 0;
  size_t chunk_used_ = 0;
  int chunk_index_ = -1;  // in buffers_
  bool busy_ = false;     // this batch has filled a chunk: the next one is of full size
};

}  // namespace gips
