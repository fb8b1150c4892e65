// Memory that the peer can read, in slots of one size: large payloads are put there instead of into packets. What it is made of is the
// platform's business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/frame.h"

namespace gips {

class Attachment;

class SlotPool {
 public:
  virtual ~SlotPool() = default;

  // What makes the memory known to the peer; null if there can be none now.
  virtual const Attachment* Open() = 0;
  virtual PoolOffer offer() const = 0;
  virtual void Close() = 0;

  // A slot that is free and has memory behind its first `size` bytes; -1 if there is none.
  virtual int Acquire(size_t size) = 0;
  virtual void Release(uint32_t slot) = 0;
  virtual uint8_t* data(uint32_t slot) = 0;
};

}  // namespace gips
