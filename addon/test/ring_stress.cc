#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "core/ring.h"
#include "test/chance.h"
#include "test/ring_memory.h"
#include "test/ring_threads.h"

namespace gips {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(20);

// The packets of one direction, the same for who sends and who expects them.
class Packets {
 public:
  Packets(const RingStressOptions& options, uint32_t direction) : options_(options), chance_(options.seed * 2 + direction) { Choose(); }

  bool done() const { return number_ == options_.records; }
  bool is_elsewhere() const { return is_elsewhere_; }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  // Where the packet is in two pieces.
  size_t cut() const { return cut_; }

  void Next() {
    number_++;
    Choose();
  }

 private:
  void Choose() {
    is_elsewhere_ = chance_.Below(16) == 0;
    bytes_.resize(1 + (chance_.Below(2) == 0 ? chance_.Below(options_.largest) : chance_.Below(64) % options_.largest));
    for (size_t i = 0; i < bytes_.size(); i++) bytes_[i] = static_cast<uint8_t>(number_ * 131 + i);
    cut_ = chance_.Below(bytes_.size());
  }

  const RingStressOptions& options_;
  Chance chance_;
  uint32_t number_ = 0;
  bool is_elsewhere_ = false;
  std::vector<uint8_t> bytes_;
  size_t cut_ = 0;
};

struct End {
  explicit End(size_t capacity) : memory(capacity) {}
  RingMemory memory;
  std::atomic<bool> bell{false};
};

// As a channel would do it, with both directions and one bell: the rules are those of docs/ring.md.
class Side {
 public:
  Side(const RingStressOptions& options, End& own, End& peer, uint32_t direction)
      : options_(options),
        own_(own),
        peer_(peer),
        out_({own.memory.words(), peer.memory.words()}, own.memory.data(), options.capacity),
        in_({own.memory.words(), peer.memory.words()}, peer.memory.data(), options.capacity),
        to_send_(options, direction),
        expected_(options, 1 - direction),
        buffer_(options.largest) {}

  void Run() {
    while (failure.empty()) {
      while (!to_send_.done() && Send()) continue;
      uint32_t budget = options_.budget;
      while (budget > 0 && failure.empty() && !expected_.done() && in_.AwaitData()) budget--, Take();
      if (to_send_.done() && expected_.done()) return;
      if (budget == 0 && !expected_.done() && in_.AwaitData()) own_.bell = true;
      Sleep();
    }
  }

  uint32_t sleeps = 0;
  std::string failure;

 private:
  bool Send() {
    bool ring = false;
    if (!(to_send_.is_elsewhere() ? SendElsewhere(ring) : SendPacket(ring))) return false;
    if (ring) peer_.bell = true;
    to_send_.Next();
    return true;
  }

  bool SendPacket(bool& ring) {
    const uint8_t* data = to_send_.bytes().data();
    size_t cut = to_send_.cut();
    Segment segments[] = {{data, cut}, {data + cut, to_send_.bytes().size() - cut}};
    return out_.Put(segments, 2, ring) == SendStatus::Sent;
  }

  bool SendElsewhere(bool& ring) {
    if (out_.PrepareElsewhere() != SendStatus::Sent) return false;
    out_.PutElsewhere(ring);
    return true;
  }

  void Take() {
    RingIn::Taken taken = in_.Take(buffer_.data(), buffer_.size());
    if (taken.ring) peer_.bell = true;
    const std::vector<uint8_t>& bytes = expected_.bytes();
    bool is_right = expected_.is_elsewhere() ? taken.status == RingIn::Status::Elsewhere
                                             : taken.status == RingIn::Status::Packet && taken.size == bytes.size() &&
                                                   std::memcmp(buffer_.data(), bytes.data(), bytes.size()) == 0;
    if (!is_right) failure = "another packet than was sent";
    expected_.Next();
  }

  void Sleep() {
    sleeps++;
    Clock::time_point start = Clock::now();
    while (!own_.bell.exchange(false)) {
      std::this_thread::yield();
      if (Clock::now() - start < kPatience) continue;
      failure = "a wake-up is lost";
      return;
    }
    in_.Wake();
    out_.Wake();
  }

  const RingStressOptions& options_;
  End& own_;
  End& peer_;
  RingOut out_;
  RingIn in_;
  Packets to_send_;
  Packets expected_;
  std::vector<uint8_t> buffer_;
};

}  // namespace

RingStressResult StressRing(const RingStressOptions& options) {
  End ends[] = {End(options.capacity), End(options.capacity)};
  Side first(options, ends[0], ends[1], 0);
  Side second(options, ends[1], ends[0], 1);
  std::thread other([&second] { second.Run(); });
  first.Run();
  other.join();
  return {first.sleeps + second.sleeps, first.failure.empty() ? second.failure : first.failure};
}

}  // namespace gips
