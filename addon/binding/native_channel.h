// NativeChannel: one connected socket with its outbox and inbox, watched by the loop or driven by calls.
#pragma once

#include <napi.h>

#include <bitset>
#include <memory>
#include <vector>

#include "binding/arena.h"
#include "binding/channel_ring.h"
#include "binding/environment.h"
#include "core/inbox.h"
#include "core/outbox.h"
#include "memory_slots.h"
#include "transport.h"

namespace gips {

class NativeChannel final : public Napi::ObjectWrap<NativeChannel>,
                            public EnvironmentHandle,
                            private LoopSource::Listener,
                            private ChannelRing::Host,
                            private FrameSink {
 public:
  static void Define(Napi::Env env, Environment& environment);
  static Napi::Value Wrap(Environment& environment, Socket socket);

  explicit NativeChannel(const Napi::CallbackInfo& info);
  ~NativeChannel() override;

  void Shutdown() override;
  FlushResult FlushTurn() override;
  void LeaveStage() override;
  bool Tidy() override;

 private:
  // What lib/native/binding.ts declares.
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value GetBell(const Napi::CallbackInfo& info);
  void AwaitBell(const Napi::CallbackInfo& info);
  Napi::Value WaitsForCredit(const Napi::CallbackInfo& info);
  Napi::Value WaitsForSocket(const Napi::CallbackInfo& info);
  void SetOwner(const Napi::CallbackInfo& info);
  Napi::Value PeerCredentials(const Napi::CallbackInfo& info);
  Napi::Value PeerProcess(const Napi::CallbackInfo& info);
  void Open(const Napi::CallbackInfo& info);
  void SetPeer(const Napi::CallbackInfo& info);
  void UseRing(const Napi::CallbackInfo& info);
  Napi::Value PeekFirst(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value Flush(const Napi::CallbackInfo& info);
  Napi::Value Receive(const Napi::CallbackInfo& info);
  void Grant(const Napi::CallbackInfo& info);
  Napi::Value Watch(const Napi::CallbackInfo& info);
  void Unwatch(const Napi::CallbackInfo& info);
  void SyncRef(const Napi::CallbackInfo& info);
  Napi::Value Wait(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  // LoopSource::Listener
  void OnReady(int status, int events) override;
  // FrameSink
  void OnFrame(const FrameHeader& header, const uint8_t* payload) override;
  void OnFragmentsBegin(uint32_t objects) override;
  uint8_t* Allocate(size_t size) override;
  void OnReassembled(Kind kind, uint64_t correlation, size_t size) override;
  void OnWindow(uint64_t credit) override;
  bool OnPool(const PoolOffer& offer) override;
  bool ReadSlot(const SlotReference& reference, uint8_t* to) override;
  bool OnSlot(uint64_t number) override;
  bool OnRing(RingStep step, uint64_t capacity) override;
  // ChannelRing::Host
  void SendRingStep(RingStep step, const uint8_t* payload, size_t size, std::unique_ptr<Attachment> objects) override;
  void OnRingNews(RingNews news) override;
  void OnBell() override;

  // A NativeBatch, as lib/native/binding.ts declares it.
  struct Batch {
    napi_value count;
    napi_value end;
    napi_value buffers;
    napi_value objects;
  };
  void DeliverBatch(bool drain);
  bool ReceiveBatch(Batch& batch, bool drain, bool by_loop);
  int ReceivePackets(bool drain);
  Transport::Received ReceivePacket(uint8_t*& buffer);
  void DropUnfinished();
  int AcceptPacket(const uint8_t* packet, size_t size, int lost);
  void Record(Kind kind, uint64_t correlation, const Placement& placement, size_t size);
  void RecordLost(Kind kind, uint64_t correlation, int error, size_t size, uint32_t objects);
  void WakeUp();
  void BeforeSleep();
  void GrantCredit(int64_t cost);
  int SendFrame(Outbox::Frame frame, bool at_once, uint64_t* sequence = nullptr);
  void EnterStage();
  bool SendOnStage(const Outbox::Frame& frame);
  void FlushSoon();
  void Notify();
  void UpdateBuffered();
  void AfterOutput();
  void UpdateWatch();
  void UpdateReference();

  // Indices of `state`, as in lib/native/binding.ts.
  enum StateIndex {
    kBuffered,
    kWantReference,
    kIsReferenced,
    kInCallback,
    kNotifyBelow,
    kStaged,
    kStageRoom,
    kStageCredit,
    kReceived,
    kStateSize
  };
  double& State(StateIndex index) { return state_[index]; }

  enum class Mode { Greeting, Framed, Raw };

  std::shared_ptr<Environment> environment_;
  Transport transport_;
  MemorySlots slots_;
  Outbox outbox_;
  Inbox inbox_;
  Arena arena_;
  LoopSource source_;
  ChannelRing ring_;
  std::bitset<kLastRingNews + 1> ring_news_;  // what the next batch tells
  Napi::ObjectReference owner_;
  double* state_ = nullptr;
  Mode mode_ = Mode::Greeting;
  bool reading_ = false;
  uint32_t lone_packets_ = 0;  // wake-ups in a row that found one packet each
  bool ended_ = false;
  bool sent_this_turn_ = false;
  int64_t stage_credit_ = 0;  // of what was lent
  bool in_busy_batch_ = false;
  bool told_broken_ = false;
  uint64_t max_message_size_ = 0;
  size_t max_raw_size_ = 0;

  // The batch that is being received.
  size_t records_ = 0;
  size_t copied_ = 0;
  SlotReader peer_slots_;
  std::vector<Descriptor> packet_objects_;
  std::vector<Descriptor> batch_objects_;
  int packet_lost_ = 0;
  // Those of the message that is arriving in fragments.
  std::vector<Descriptor> held_objects_;
  int held_lost_ = 0;
  uint32_t held_count_ = 0;
};

}  // namespace gips
