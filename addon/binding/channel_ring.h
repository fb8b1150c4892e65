// How a channel comes to its ring: each side offers its half and takes the other's, and what a side cannot do leaves the channel on its
// socket. Then the bell, watched by the loop. docs/ring.md.
#pragma once

#include <functional>
#include <vector>

#include "binding/environment.h"
#include "core/spin.h"
#include "transport.h"

namespace gips {

// What users hear of a ring, as `RingNews` in lib/native/binding.ts.
enum class RingNews { Open = 1, Refused = 2, SpinInVain = 3, SpinOnOneCore = 4 };
constexpr size_t kLastRingNews = static_cast<size_t>(RingNews::SpinOnOneCore);

class ChannelRing final : private LoopSource::Listener {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void SendRingStep(RingStep step, const uint8_t* payload, size_t size, std::unique_ptr<Attachment> objects) = 0;
    virtual void OnRingNews(RingNews news) = 0;
    virtual void OnBell() = 0;
  };

  ChannelRing(Transport& transport, Environment& environment, Host& host) : transport_(transport), environment_(environment), host_(host) {}

  // The peer knows of rings: offers one, or, with a capacity of 0, takes what it offers. `spin`: microseconds.
  void Use(size_t capacity, uint32_t spin);
  // The event loop watches the channel from now on. Without it there is no ring.
  void OnWatched();
  // What the peer says; an offer comes with its objects, or without those that could not be received. False if that cannot be.
  bool OnStep(RingStep step, uint64_t capacity, std::vector<Descriptor> objects, bool lost);
  void Close();

  // After there was nothing in the ring: waits a little for more, if that is worth it.
  bool SpinForData();

 private:
  void OnReady(int, int) override { host_.OnBell(); }

  void Offer();
  void SendOffer();
  bool OnOffer(uint64_t capacity, const std::vector<Descriptor>& objects, bool lost);
  int Complete(size_t capacity, const std::vector<Descriptor>& objects);
  void BeginIfAgreed();
  void GiveUp();
  void CheckSpin();

  Transport& transport_;
  Environment& environment_;
  Host& host_;
  LoopSource bell_;
  Spin spin_;
  size_t capacity_ = 0;  // of our half, if it is we who offer first
  bool usable_ = false;  // the greeting says so
  bool watched_ = false;
  bool offered_ = false;    // the peer has been sent our half
  bool accepted_ = false;   // the peer has it
  bool has_offer_ = false;  // the peer has sent us its half
  bool gave_up_ = false;
};

}  // namespace gips
