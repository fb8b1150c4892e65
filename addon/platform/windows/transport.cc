#include "transport.h"

#include <uv.h>

#include <algorithm>
#include <cstring>

#include "last_failure.h"
#include "peer_process.h"
#include "pipe_security.h"
#include "wide_string.h"

namespace gips {

namespace {

// As on other systems, so that what fits here fits there.
constexpr size_t kMaxRawPacket = 320 * 1024;

// The server learns who we are, and may not act as us (SECURITY_IDENTIFICATION): it may be anybody who was quicker to take the name.
constexpr DWORD kFlags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;

void TellWhyNotConnected(DWORD error) {
  if (error == ERROR_PIPE_BUSY) return SetLastFailure(UV_EAGAIN);
  if (error == ERROR_FILE_NOT_FOUND) return SetLastFailure(UV_ECONNREFUSED);
  SetLastError(error);
}

}  // namespace

Socket Transport::Connect(const uint8_t* address, size_t size) {
  std::wstring path = Widen(reinterpret_cast<const char*>(address), size);
  Descriptor handle(CreateFileW(path.c_str(), kClientAccess, 0, nullptr, OPEN_EXISTING, kFlags, nullptr));
  if (!handle.valid()) {
    TellWhyNotConnected(GetLastError());
    return {};
  }
  DWORD mode = PIPE_READMODE_MESSAGE;
  if (!SetNamedPipeHandleState(handle.get(), &mode, nullptr, nullptr)) {
    // Of a pipe that knows no messages, as another kind of socket that has the name elsewhere.
    if (GetLastError() == ERROR_INVALID_PARAMETER) SetLastFailure(UV_EPROTOTYPE);
    return {};
  }
  if (!CompletionPort::Associate(handle.get())) return {};
  FILETIME now;
  GetSystemTimeAsFileTime(&now);
  return Socket(Pipe::Open(std::move(handle), Pipe::Side::Client, now));
}

void Transport::Close() {
  Descriptor peer = open() && handles_.MayHaveSome() ? OpenPeer(pipe(), SYNCHRONIZE) : Descriptor();
  // First the pipe: whoever gives us something from now on learns that it does not arrive.
  socket_.Close();
  handles_.Close(peer);
}

int Transport::ObjectsFailure() {
  if (!is_framed_) return UV_ENOTSUP;
  return handles_.IsRefused(pipe()) ? UV_EACCES : 0;
}

SendStatus Transport::SendPacket(const Segment* segments, size_t count, const Attachment* attachment) {
  uint8_t tail[kMaxTail];
  size_t size = 0;
  bool has_objects = attachment != nullptr && attachment->count() > 0;
  if (has_objects) {
    if (pipe().under_way() > 0) return SendStatus::Full;
    SendStatus given = handles_.Give(pipe(), static_cast<const DescriptorList*>(attachment)->descriptors(), tail);
    if (given != SendStatus::Sent) return given;
    size = attachment->count() * HandleBroker::kReferenceSize;
  } else if (is_framed_ && !has_announced_) {
    size = handles_.Announce(pipe(), tail);
  }
  SendStatus status = pipe().Write(segments, count, tail, size);
  if (status == SendStatus::Sent) {
    has_announced_ = true;
  } else if (has_objects) {
    handles_.TakeBack();
  }
  return status;
}

size_t Transport::MaxPacket() const {
  return kMaxRawPacket;
}

Transport::Received Transport::Receive(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors) {
  auto [input, size] = pipe().Take(buffer, capacity);
  switch (input) {
    case Pipe::Input::None:
      return {ReceiveStatus::Nothing, 0, 0};
    case Pipe::Input::End:
      return {ReceiveStatus::End, 0, 0};
    case Pipe::Input::Violation:
      return {ReceiveStatus::Violation, 0, 0};
    case Pipe::Input::Packet:
      break;
  }
  return is_framed_ ? Accept(buffer, size, descriptors) : Received{ReceiveStatus::Packet, size, 0};
}

Transport::Received Transport::Accept(const uint8_t* packet, size_t size, std::vector<Descriptor>& descriptors) {
  handles_.ReadAnnouncement(packet, size);
  if (size < kHeaderSize) return {ReceiveStatus::Packet, size, 0};
  FrameHeader header = DecodeHeader(packet);
  if (header.objects == 0) return {ReceiveStatus::Packet, size, 0};
  // What is wrong with the frame itself is for others to find out.
  size_t frame = kHeaderSize + header.length;
  if (header.objects > kMaxObjects || size != frame + header.objects * HandleBroker::kReferenceSize)
    return {ReceiveStatus::Violation, 0, 0};
  int lost = handles_.Receive(pipe(), packet + frame, header.objects, descriptors);
  if (lost == HandleBroker::kInvalid) return {ReceiveStatus::Violation, 0, 0};
  return {ReceiveStatus::Packet, frame, lost};
}

size_t Transport::NextSize() {
  return pipe().Peek(nullptr, 0).size;
}

FirstPacket Transport::PeekFirst(uint8_t* buffer, size_t capacity) {
  auto [input, size] = pipe().Peek(buffer, capacity);
  switch (input) {
    case Pipe::Input::None:
      return FirstPacket::None;
    case Pipe::Input::End:
      return FirstPacket::End;
    case Pipe::Input::Violation:
      return FirstPacket::Violation;
    case Pipe::Input::Packet:
      break;
  }
  return BeginsWithHello(buffer, std::min(size, capacity)) ? FirstPacket::Hello : FirstPacket::Raw;
}

int Transport::Wait(int events, int milliseconds) {
  int ready = pipe().Wait(events | kDisconnected, milliseconds);
  if (ready & kDisconnected) ready |= kReady;
  return ready & events;
}

}  // namespace gips
