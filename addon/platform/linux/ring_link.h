// Both directions of a connection through shared memory. Each side makes one half: the memory that it alone writes (its ring, and its words
// on the other one), and the bell it rings.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bell.h"
#include "core/ring.h"
#include "mapping.h"

namespace gips {

class DescriptorList;

class RingLink {
 public:
  // Makes our half. Null with errno.
  static std::unique_ptr<RingLink> Create(size_t capacity);
  // What the peer gets of it. Once.
  std::unique_ptr<DescriptorList> TakeOffer();

  // Takes the peer's half. 0, or a negative errno: EPROTO if it is none.
  int Accept(const std::vector<Descriptor>& objects, size_t capacity);
  bool complete() const { return in_.has_value(); }

  size_t capacity() const { return capacity_; }
  // Only when complete.
  RingOut& out() { return *out_; }
  RingIn& in() { return *in_; }
  // The one that the peer rings.
  Bell& bell() { return bell_; }
  Bell& peer_bell() { return peer_bell_; }

 private:
  explicit RingLink(size_t capacity) : capacity_(capacity) {}

  size_t capacity_;
  std::shared_ptr<Mapping> memory_;
  std::shared_ptr<Mapping> peer_memory_;
  std::unique_ptr<DescriptorList> offer_;
  Bell bell_;
  Bell peer_bell_;
  std::optional<RingOut> out_;
  std::optional<RingIn> in_;
};

}  // namespace gips
