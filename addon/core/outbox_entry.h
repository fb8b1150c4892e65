// A frame of the outbox that could not leave or be packed yet.
#pragma once

#include "core/outbox.h"

namespace gips {

// A payload from here on leaves straight from the caller's memory; below it, one more copy is cheaper than one more system call.
constexpr size_t kDirectFrom = 16 * 1024;

// What one large message may send in one go, so that others get their turn between its fragments.
constexpr size_t kDirectBudget = 1024 * 1024;

// These serve the channel itself and wait for nothing.
constexpr bool IsImmediate(Kind kind) {
  return kind == Kind::Window || kind == Kind::Ping || kind == Kind::Pong || kind == Kind::Pool || kind == Kind::Slot || kind == Kind::Ring;
}

// What a frame's header adds to the bytes its user waits for.
constexpr size_t CountedHeader(Kind kind) {
  return IsImmediate(kind) ? 0 : kHeaderSize;
}

struct Outbox::Entry {
  Entry(Frame& frame, uint64_t number)
      : kind(frame.kind),
        sequence(number),
        correlation(frame.correlation),
        size(frame.size),
        attachment(std::move(frame.attachment)),
        data(frame.data) {}

  Entry* next = nullptr;
  Entry* previous = nullptr;
  Kind kind;
  uint64_t sequence;
  uint64_t correlation;
  size_t size;
  size_t offset = 0;  // payload bytes that have left, as fragments
  std::unique_ptr<Attachment> attachment;

  // The payload from `data_from` on: in the caller's memory, in `bytes`, or in `packet`.
  const uint8_t* data;
  size_t data_from = 0;
  std::unique_ptr<uint8_t[]> bytes;
  Packet* packet = nullptr;

  // What comes next and lies in slots already.
  std::vector<SlotReference> staged;
  size_t staged_sent = 0;
  size_t staged_until = 0;  // in the payload

  bool fragmented() const { return size > kMaxFramePayload; }
  uint32_t objects() const { return attachment ? attachment->count() : 0; }
  bool has_staged() const { return staged_sent < staged.size(); }
  // Where the bytes begin that are neither sent nor staged.
  size_t unstaged() const { return has_staged() ? staged_until : offset; }
  const uint8_t* at(size_t position) const { return data + (position - data_from); }
};

}  // namespace gips
