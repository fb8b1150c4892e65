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
  // A connected one, which the completion port knows.
  static std::shared_ptr<Pipe> Open(Descriptor handle, bool is_server);

  Pipe(Descriptor handle, bool is_server);

  bool is_server() const { return is_server_; }
  // When it was connected, or a little later.
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

  // One at a time: Full while another is under way.
  SendStatus Write(const Segment* segments, size_t count, const uint8_t* tail, size_t tail_size);
  // Bytes of the packet that the pipe has not taken yet.
  size_t under_way();

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

  bool IsLookedAt();
  void WatchInput();
  void OnInput(DWORD error);
  void OnDelivered(std::unique_ptr<Delivery> delivery, DWORD error);
  void Update();

  Descriptor handle_;
  const bool is_server_;
  FILETIME connected_;

  // All below needs the lock of readiness.
  Watch watch_;
  bool is_watching_ = false;
  Input input_ = Input::None;
  std::vector<std::unique_ptr<Delivery>> idle_;  // to be used again
  size_t undelivered_ = 0;                       // that the port has not told of yet
  Delivery* under_way_ = nullptr;                // that the pipe has not taken
  bool is_broken_ = false;
  bool is_closed_ = false;
};

}  // namespace gips
