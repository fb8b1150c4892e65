// One end of a message-mode pipe. It is known to have something by a read of no bytes that ends, which takes nothing; what is written is
// copied, and at most one packet waits for the pipe to take it.
#pragma once

#include <windows.h>

#include <memory>
#include <vector>

#include "completion_port.h"
#include "core/outbox.h"
#include "descriptor.h"
#include "readiness.h"

namespace gips {

class Pipe final : public Readiness, public std::enable_shared_from_this<Pipe> {
 public:
  enum class Side { Client, Server };
  // A connected one, which the completion port knows.
  static std::shared_ptr<Pipe> Open(Descriptor handle, Side side, FILETIME connected);

  Pipe(Descriptor handle, Side side, FILETIME connected) : handle_(std::move(handle)), side_(side), connected_(connected) {}

  bool is_server() const { return side_ == Side::Server; }
  // When it was known to be connected.
  FILETIME connected() const { return connected_; }
  HANDLE handle() const { return handle_.get(); }

  enum class Input { None, Packet, End, Violation };
  struct Looked {
    Input input;
    size_t size;
  };
  // What has come. Up to `capacity` bytes of a packet are copied, and stay.
  Looked Peek(uint8_t* buffer, size_t capacity);
  // Takes the packet; a Violation if there is no room for it.
  Looked Take(uint8_t* buffer, size_t capacity);
  // Reads the first byte of what has come, and keeps it for Take. False if nothing has come.
  bool ReadFirstByte();

  // One at a time: Full while another is under way.
  SendStatus Write(const Segment* segments, size_t count, const uint8_t* tail, size_t tail_size);
  // Bytes of the packet that the pipe has not taken yet.
  size_t under_way();

  // Looks whether the other end has closed behind what is unread.
  void Refresh() override;

  // What is under way is lost, what the pipe has taken is not.
  void Close();

 private:
  // They keep the pipe, and with it the memory that the kernel works on, until they have ended.
  class Watch final : public Operation {
   public:
    void OnCompleted(DWORD error, DWORD size) override;
    std::shared_ptr<Pipe> pipe;
  };
  class Delivery final : public Operation {
   public:
    void OnCompleted(DWORD error, DWORD size) override;
    std::shared_ptr<Pipe> pipe;
    std::vector<uint8_t> packet;
  };

  enum class Kept { Nothing, FirstByte, WholePacket };

  Input Look();
  bool HasBytes() const;
  bool IsConnected() const;
  // How the reading ended: a Win32 error or 0.
  DWORD Read(uint8_t* buffer, size_t capacity, DWORD& size);
  void WatchInput();
  void OnInput(DWORD error);
  void OnDelivered(std::unique_ptr<Delivery> delivery, DWORD error);
  void Update();

  Descriptor handle_;
  const Side side_;
  const FILETIME connected_;
  // Of a packet that has been read from, but not taken.
  Kept kept_ = Kept::Nothing;
  uint8_t first_byte_ = 0;

  // All below needs the lock of readiness.
  Watch watch_;
  bool is_watching_ = false;
  Input input_ = Input::None;
  std::vector<std::unique_ptr<Delivery>> idle_;  // to be used again
  size_t undelivered_ = 0;                       // that the port has not told of yet
  Delivery* under_way_ = nullptr;                // that the pipe has not taken
  bool is_broken_ = false;
  bool has_waited_ = false;  // for the last words
  bool is_closed_ = false;
};

}  // namespace gips
