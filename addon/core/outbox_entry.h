// A frame of the outbox that could not leave or be packed yet.
#pragma once

#include "core/outbox.h"

namespace gips {

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
