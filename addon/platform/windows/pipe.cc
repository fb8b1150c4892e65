#include "pipe.h"

#include <winternl.h>

#include <cstring>

namespace gips {

namespace {

// Of the pipe's own, with what the port has not told of yet.
constexpr size_t kMostUndelivered = 16;
constexpr size_t kMostIdle = 2;

// FILE_PIPE_LOCAL_INFORMATION, of class 24, which the SDK's headers do not have.
constexpr auto kLocalInformation = static_cast<FILE_INFORMATION_CLASS>(24);
constexpr ULONG kClosing = 4;
struct LocalInformation {
  ULONG type;
  ULONG configuration;
  ULONG maximum_instances;
  ULONG current_instances;
  ULONG inbound_quota;
  ULONG read_data_available;
  ULONG outbound_quota;
  ULONG write_quota_available;
  ULONG state;
  ULONG end;
};

// Milliseconds that the port's thread may take to tell what it knows.
constexpr int kLastWords = 1000;

// An event for one read. There are as many as threads have ever read at a time: one for each pipe would be a handle more for each.
class SpareEvent {
 public:
  SpareEvent() {
    std::lock_guard<Mutex> lock(Spares().mutex);
    std::vector<Descriptor>& events = Spares().events;
    if (!events.empty()) {
      event_ = std::move(events.back());
      events.pop_back();
    }
    if (!event_.valid()) event_ = Descriptor(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  }
  ~SpareEvent() {
    std::lock_guard<Mutex> lock(Spares().mutex);
    Spares().events.push_back(std::move(event_));
  }
  SpareEvent(const SpareEvent&) = delete;
  SpareEvent& operator=(const SpareEvent&) = delete;

  HANDLE get() const { return event_.get(); }

 private:
  struct All {
    Mutex mutex;
    std::vector<Descriptor> events;
  };
  // Outlives the threads that are still running at exit.
  static All& Spares() {
    static auto& all = *new All;
    return all;
  }

  Descriptor event_;
};

}  // namespace

void Pipe::Watch::OnCompleted(DWORD error, DWORD) {
  // Let go of without the lock: it may be the last.
  std::shared_ptr<Pipe> kept = std::move(pipe);
  auto lock = Acquire();
  kept->OnInput(error);
}

void Pipe::Delivery::OnCompleted(DWORD error, DWORD) {
  std::shared_ptr<Pipe> kept = std::move(pipe);
  auto lock = Acquire();
  kept->OnDelivered(std::unique_ptr<Delivery>(this), error);
}

std::shared_ptr<Pipe> Pipe::Open(Descriptor handle, Side side, FILETIME connected) {
  auto pipe = std::make_shared<Pipe>(std::move(handle), side, connected);
  Publish(pipe);
  auto lock = Acquire();
  pipe->WatchInput();
  return pipe;
}

// ERROR_MORE_DATA says that there is a message. Every end of it is told by the port, unless it could not even begin.
void Pipe::WatchInput() {
  input_ = Input::None;
  is_watching_ = true;
  watch_.Reset();
  watch_.pipe = shared_from_this();
  DWORD error = ReadFile(handle_.get(), &watch_, 0, nullptr, &watch_) ? 0 : GetLastError();
  if (error == 0 || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA) return Update();
  watch_.pipe.reset();
  OnInput(error);
}

void Pipe::OnInput(DWORD error) {
  is_watching_ = false;
  if (error == ERROR_MORE_DATA || (error == 0 && HasBytes())) {
    input_ = Input::Packet;
  } else {
    // A message without a byte has been taken by this read of none; unless it ended because the other end has closed.
    input_ = error == 0 && IsConnected() ? Input::Violation : Input::End;
  }
  Update();
}

// A read of no bytes that finds a message may end well without taking it, where it does not wait: NPFS then has nothing to copy.
bool Pipe::HasBytes() const {
  DWORD available = 0;
  return PeekNamedPipe(handle_.get(), nullptr, 0, nullptr, &available, nullptr) && available > 0;
}

bool Pipe::IsConnected() const {
  return PeekNamedPipe(handle_.get(), nullptr, 0, nullptr, nullptr, nullptr) != 0;
}

// What there is. If nothing, somebody will tell when there is. What has come, the port's thread may be about to tell of: whoever looks
// sees it all the same. So may a write have found that the other end is gone before that thread has: what it has left is looked for
// now.
Pipe::Input Pipe::Look() {
  auto lock = Acquire();
  bool is_told_soon = is_watching_ && !is_closed_ && ((is_broken_ && !has_waited_) || HasBytes());
  if (is_told_soon) {
    has_waited_ = is_broken_;
    lock.unlock();
    Wait(kReady, kLastWords);
    lock.lock();
  }
  return is_closed_ ? Input::End : input_;
}

Pipe::Looked Pipe::Peek(uint8_t* buffer, size_t capacity) {
  Input input = Look();
  if (input != Input::Packet) return {input, 0};
  size_t kept = kept_ == Kept::Nothing ? 0 : 1;
  if (kept > 0 && capacity > 0) {
    *buffer++ = first_byte_;
    capacity--;
  }
  if (kept_ == Kept::WholePacket) return {Input::Packet, kept};
  DWORD copied = 0;
  DWORD available = 0;
  DWORD left = 0;
  if (!PeekNamedPipe(handle_.get(), buffer, static_cast<DWORD>(capacity), &copied, &available, &left)) return {Input::End, 0};
  return {Input::Packet, kept + copied + left};
}

Pipe::Looked Pipe::Take(uint8_t* buffer, size_t capacity) {
  Input input = Look();
  if (input != Input::Packet) return {input, 0};
  size_t kept = kept_ == Kept::Nothing ? 0 : 1;
  if (kept > capacity) return {Input::Violation, 0};
  if (kept > 0) buffer[0] = first_byte_;
  DWORD size = 0;
  DWORD error = kept_ == Kept::WholePacket ? 0 : Read(buffer + kept, capacity - kept, size);
  kept_ = Kept::Nothing;
  if (error != 0) return {error == ERROR_MORE_DATA ? Input::Violation : Input::End, 0};
  if (!HasBytes()) {
    auto lock = Acquire();
    WatchInput();
  }
  return {kept + size > 0 ? Input::Packet : Input::Violation, kept + size};
}

bool Pipe::ReadFirstByte() {
  if (kept_ != Kept::Nothing) return true;
  if (Look() != Input::Packet) return false;
  DWORD size = 0;
  DWORD error = Read(&first_byte_, 1, size);
  if (size == 0) return false;
  kept_ = error == ERROR_MORE_DATA ? Kept::FirstByte : Kept::WholePacket;
  return true;
}

DWORD Pipe::Read(uint8_t* buffer, size_t capacity, DWORD& size) {
  OVERLAPPED read = {};
  SpareEvent event;
  // With its lowest bit set, the port is not told (GetQueuedCompletionStatus, Remarks).
  read.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<uintptr_t>(event.get()) | 1);
  BOOL done = ReadFile(handle_.get(), buffer, static_cast<DWORD>(capacity), nullptr, &read);
  DWORD error = done ? 0 : GetLastError();
  if (error != 0 && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA) return error;
  // It is there, and nobody else takes it: this does not wait.
  return GetOverlappedResult(handle_.get(), &read, &size, TRUE) ? 0 : GetLastError();
}

SendStatus Pipe::Write(const Segment* segments, size_t count, const uint8_t* tail, size_t tail_size) {
  auto lock = Acquire();
  if (is_broken_ || is_closed_) return SendStatus::Broken;
  if (under_way_ != nullptr || undelivered_ >= kMostUndelivered) return SendStatus::Full;
  std::unique_ptr<Delivery> delivery;
  if (idle_.empty()) {
    delivery = std::make_unique<Delivery>();
  } else {
    delivery = std::move(idle_.back());
    idle_.pop_back();
  }
  std::vector<uint8_t>& packet = delivery->packet;
  packet.clear();
  for (size_t i = 0; i < count; i++) packet.insert(packet.end(), segments[i].data, segments[i].data + segments[i].size);
  packet.insert(packet.end(), tail, tail + tail_size);
  delivery->Reset();
  delivery->pipe = shared_from_this();
  DWORD error = WriteFile(handle_.get(), packet.data(), static_cast<DWORD>(packet.size()), nullptr, delivery.get()) ? 0 : GetLastError();
  if (error == 0 || error == ERROR_IO_PENDING) {
    undelivered_++;
    Delivery* started = delivery.release();
    if (error == ERROR_IO_PENDING) under_way_ = started;
    Update();
    return SendStatus::Sent;
  }
  if (error == ERROR_NO_SYSTEM_RESOURCES || error == ERROR_NOT_ENOUGH_QUOTA || error == ERROR_WORKING_SET_QUOTA)
    return SendStatus::Shortage;
  is_broken_ = true;
  Update();
  return SendStatus::Broken;
}

void Pipe::OnDelivered(std::unique_ptr<Delivery> delivery, DWORD error) {
  undelivered_--;
  if (under_way_ == delivery.get()) under_way_ = nullptr;
  if (error != 0) is_broken_ = true;
  if (idle_.size() < kMostIdle && !is_closed_) idle_.push_back(std::move(delivery));
  Update();
}

// A pipe with something unread has nothing pending that would end when the other end closes.
void Pipe::Refresh() {
  LocalInformation information;
  IO_STATUS_BLOCK status;
  if (is_closed_ || is_broken_ || input_ != Input::Packet) return;
  if (NtQueryInformationFile(handle_.get(), &status, &information, sizeof(information), kLocalInformation) < 0) return;
  if (information.state != kClosing) return;
  is_broken_ = true;
  Update();
}

size_t Pipe::under_way() {
  auto lock = Acquire();
  return under_way_ != nullptr ? under_way_->packet.size() : 0;
}

void Pipe::Update() {
  if (is_closed_) return Set(0);
  int ready = under_way_ == nullptr && undelivered_ < kMostUndelivered ? kRoom : 0;
  if (input_ != Input::None) ready |= kReady;
  if (input_ == Input::End || is_broken_) ready |= kDisconnected;
  Set(ready);
}

void Pipe::Close() {
  auto lock = Acquire();
  if (is_closed_) return;
  is_closed_ = true;
  Update();
  CancelIoEx(handle_.get(), nullptr);
  handle_.Close();
}

}  // namespace gips
