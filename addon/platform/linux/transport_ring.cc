// The ring of a connection beside its socket.
#include <poll.h>

#include "transport.h"

namespace gips {

SendStatus Transport::SendInRing(const Segment* segments, size_t count, const Attachment* attachment) {
  if (!said_that_ring_begins_) {
    SendStatus status = SayThatRingBegins();
    if (status != SendStatus::Sent) return status;
  }
  RingOut& out = ring_->out();
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += segments[i].size;
  bool ring = false;
  SendStatus status;
  if (attachment == nullptr && out.Fits(size)) {
    status = out.Put(segments, count, ring);
  } else {
    // First the packet, then the record that points to it: who reads the record finds the packet.
    status = out.PrepareElsewhere();
    if (status == SendStatus::Sent) status = SendBySocket(segments, count, attachment);
    if (status == SendStatus::Sent) out.PutElsewhere(ring);
  }
  if (ring) ring_->peer_bell().Ring();
  return status;
}

SendStatus Transport::SayThatRingBegins() {
  uint8_t packet[kHeaderSize];
  EncodeHeader({Kind::Ring, 0, 0, 0, static_cast<uint64_t>(RingStep::Begin)}, packet);
  Segment whole = {packet, sizeof(packet)};
  SendStatus status = SendBySocket(&whole, 1, nullptr);
  said_that_ring_begins_ = status == SendStatus::Sent;
  return status;
}

Transport::Received Transport::ReceiveInRing(uint8_t* buffer, size_t capacity, std::vector<Descriptor>& descriptors) {
  RingIn& in = ring_->in();
  RingIn::Taken taken = in.Take(buffer, capacity);
  // Who wakes up and finds nothing asks why; not who finds no more.
  if (taken.status == RingIn::Status::Nothing && !took_from_ring_ && PeerHasClosed()) {
    // What it wrote before that is there by now.
    taken = in.Take(buffer, capacity);
    if (taken.status == RingIn::Status::Nothing) return {ReceiveStatus::End, 0, 0};
  }
  took_from_ring_ = taken.status != RingIn::Status::Nothing;
  if (taken.ring) ring_->peer_bell().Ring();
  switch (taken.status) {
    case RingIn::Status::Packet:
      return {ReceiveStatus::Packet, taken.size, 0};
    case RingIn::Status::Nothing:
      return {ring_->out().broken() ? ReceiveStatus::Violation : ReceiveStatus::Nothing, 0, 0};
    case RingIn::Status::Elsewhere: {
      Received received = ReceiveBySocket(buffer, capacity, descriptors);
      if (received.status == ReceiveStatus::Nothing) received.status = ReceiveStatus::Violation;
      return received;
    }
    case RingIn::Status::Violation:
      break;
  }
  return {ReceiveStatus::Violation, 0, 0};
}

void Transport::Wake() {
  ring_->bell().Clear();
  ring_->in().Wake();
  ring_->out().Wake();
}

int Transport::WaitWithRing(int events, int milliseconds) {
  if (receives_by_ring_ && (events & 1) && AwaitRing()) return 1;
  pollfd watched[] = {{fd(), POLLRDHUP, 0}, {bell_fd(), POLLIN, 0}};
  if ((events & 1) && !receives_by_ring_) watched[0].events |= POLLIN;
  if ((events & 2) && waits_for_socket()) watched[0].events |= POLLOUT;
  if (poll(watched, 2, milliseconds) <= 0) return 0;
  int ready = 0;
  if (watched[1].revents != 0) {
    Wake();
    if (AwaitRing()) RingOwnBell();
    ready = 3;
  }
  if (watched[0].revents & ~POLLOUT) ready |= 1;
  if (watched[0].revents & (POLLOUT | POLLERR | POLLHUP)) ready |= 2;
  return ready & events;
}

}  // namespace gips
