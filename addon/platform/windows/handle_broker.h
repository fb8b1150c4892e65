// The handles that ride with the packets of one connection. One side has to have the right to duplicate handles out of, and into, the other
// process (PROCESS_DUP_HANDLE), which the same user's processes have of each other, and a less privileged one has not of a more privileged
// one. A sender with that right pushes: it puts the handles into the receiver's table (HandleExchange), where they are the receiver's,
// whatever becomes of the sender. A sender without it puts them into its own, from which the receiver pulls them. The packet only says
// which entries; what they hold is nobody's word but the table's. So that each finds the other's table, the first packet of each side tells
// where it is.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "core/frame.h"
#include "core/outbox.h"
#include "descriptor.h"
#include "handle_exchange.h"
#include "pipe.h"

namespace gips {

class HandleBroker {
 public:
  HandleBroker() = default;
  HandleBroker(HandleBroker&& other) noexcept = default;
  HandleBroker& operator=(HandleBroker&& other) noexcept = default;

  // What the first packet ends with, and what one with objects does.
  static constexpr size_t kAnnouncementSize = kHeaderSize + 16;
  static constexpr size_t kReferenceSize = 4;
  static constexpr size_t kMaxTail = kMaxObjects * kReferenceSize;
  static_assert(kAnnouncementSize <= kMaxTail, "both have room");

  // Of the first packet to be sent. How many bytes it has written.
  size_t Announce(const Pipe& pipe, uint8_t* tail);
  // Of the first packet that has come: what its last frame says, without which the packet is `size` bytes long.
  void ReadAnnouncement(const uint8_t* packet, size_t& size);

  // Hands them over, with references to them in `tail`. Shortage: not now. If the packet then does not leave, TakeBack() undoes it.
  SendStatus Give(const Pipe& pipe, const std::vector<Descriptor>& handles, uint8_t* tail);
  void TakeBack();

  // 0, or a positive error of libuv's, and then none of them has come: UV_EACCES if neither side has the right, UV_ECONNRESET if the sender
  // has gone with them. kInvalid if the peer names what it has never given.
  static constexpr int kInvalid = -1;
  int Receive(const Pipe& pipe, const uint8_t* references, size_t count, std::vector<Descriptor>& handles);

  // Whether it is known that this peer can be given none.
  bool IsRefused(const Pipe& pipe);

  // How many the peer has to pull yet.
  size_t held();

  // Whether something may be left when the connection ends.
  bool MayHaveSome() const { return id_ != 0 && HandleExchange::Own()->in_use(); }
  // What has not been received is closed. `peer`, if it may be looked at, is who may have been killed while giving something.
  void Close(const Descriptor& peer);

 private:
  using Way = HandleExchange::Way;

  // How a reference says where the handle is.
  enum class Place : uint16_t { Nowhere = 0, WithReceiver = 1, WithSender = 2 };

  struct Given {
    Place place;
    uint16_t entry;
  };

  void Forget();
  bool IsUnderWay(const Given& given) const;
  Place ChoosePlace(const Pipe& pipe);
  HandleExchange* PeerExchange(const Pipe& pipe);
  Descriptor Fetch(const Pipe& pipe, Place place, uint32_t entry, int& lost);

  uint64_t id_ = 0;  // of this connection in our table

  // What the peer has announced.
  bool has_heard_ = false;
  bool has_table_ = false;
  bool pulls_ = false;
  uint64_t peer_id_ = 0;
  uint64_t peer_section_ = 0;

  std::unique_ptr<HandleExchange> peer_exchange_;
  bool has_tried_ = false;  // to open it

  bool is_own_process_ = false;
  std::deque<Given> under_way_;
  size_t last_ = 0;  // how many of them the last packet has
};

}  // namespace gips
