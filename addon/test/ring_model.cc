#include "test/ring_model.h"

#include <unordered_set>

#include "test/ring_model_program.h"
#include "test/ring_model_thread.h"

namespace gips {

namespace {

// Depth first, and no further from a state in which it has been before.
class RingSearch {
 public:
  explicit RingSearch(const RingModelOptions& options)
      : options_(options),
        threads_{ModelThread([this](ModelThread& thread) { RunProgram(thread, 0); }),
                 ModelThread([this](ModelThread& thread) { RunProgram(thread, 1); })} {}

  RingModelResult Run() {
    ModelMachine machine = {};
    for (int side = 0; side < 2; side++) {
      machine.sides[side].interruptions = static_cast<uint16_t>(options_.interruptions);
      threads_[side].Run(machine.sides[side]);
    }
    Visit(machine);
    result_.states = visited_.size();
    return std::move(result_);
  }

 private:
  // One step of a side, or one store of it that becomes visible.
  struct Move {
    int side;
    ModelStep step;
    uint16_t outcome;
  };

  // In the same place each time, because its bytes, addresses and all, tell its states apart.
  void RunProgram(ModelThread& thread, int side) { (new (programs_[side]) ModelProgram(thread, options_, side == 0))->Run(); }

  void Visit(const ModelMachine& machine) {
    if (!visited_.insert(machine.Hash()).second) return;
    for (const ModelSide& side : machine.sides) {
      if (IsFailure(side.next.kind)) return Fail(Name(side.next.kind));
    }
    size_t steps = result_.steps;
    for (int side = 0; side < 2 && !failed(); side++) {
      const ModelSide& own = machine.sides[side];
      for (size_t at = 0; at < own.store_count && !failed(); at++) {
        if (own.MayLand(at)) Land(machine, side, at);
      }
      if (!failed() && MayTake(own)) Take(machine, side);
    }
    bool is_done = machine.sides[0].next.kind == ModelStep::Done && machine.sides[1].next.kind == ModelStep::Done;
    if (!failed() && result_.steps == steps && !is_done) Fail("a wake-up is lost");
    for (int side = 0; side < 2 && !failed(); side++) {
      if (MayBeInterrupted(machine.sides[side])) Interrupt(machine, side);
    }
  }

  void Land(const ModelMachine& machine, int side, size_t at) {
    ModelMachine next = machine;
    ModelStore store = next.sides[side].Land(at);
    Go(next, {side, {ModelStep::Store, store.place, store.value}, 0}, false);
  }

  void Take(const ModelMachine& machine, int side) {
    ModelMachine next = machine;
    ModelSide& own = next.sides[side];
    ModelSide& peer = next.sides[1 - side];
    Move move = {side, own.next, 0};
    if (own.next.kind == ModelStep::Look) move.outcome = peer.memory[own.next.place];
    if (own.next.kind == ModelStep::AwaitBell) move.outcome = 1;
    if (own.next.kind == ModelStep::RingSelf) own.bell = 1;
    if (own.next.kind == ModelStep::ClearBell) own.bell = 0;
    bool is_forgotten = options_.fault == RingFault::ForgetfulBell && peer.next.kind != ModelStep::AwaitBell;
    if (own.next.kind == ModelStep::RingPeer && !is_forgotten) peer.bell = 1;
    Go(next, move, true);
  }

  void Interrupt(const ModelMachine& machine, int side) {
    ModelMachine next = machine;
    next.sides[side].interruptions--;
    Go(next, {side, next.sides[side].next, 0}, true);
  }

  void Go(ModelMachine& next, const Move& move, bool is_decision) {
    result_.steps++;
    path_.push_back(move);
    ModelThread& thread = threads_[move.side];
    ModelSide& side = next.sides[move.side];
    size_t seen = thread.seen();
    if (is_decision) {
      thread.Decide(side, move.outcome);
    } else if (side.store_count == 0 && side.next.kind == ModelStep::Fence) {
      thread.Run(side);
    }
    Visit(next);
    thread.Forget(seen);
    path_.pop_back();
  }

  static bool MayTake(const ModelSide& side) {
    switch (side.next.kind) {
      case ModelStep::Look:
      case ModelStep::RingPeer:
      case ModelStep::RingSelf:
      case ModelStep::ClearBell:
        return true;
      case ModelStep::AwaitBell:
        return side.bell != 0;
      default:
        return false;
    }
  }

  // Something that nobody may rely on.
  static bool MayBeInterrupted(const ModelSide& side) { return side.next.kind == ModelStep::AwaitBell && side.interruptions > 0; }

  static bool IsFailure(ModelStep::Kind kind) { return kind > ModelStep::Done; }

  bool failed() const { return !result_.failure.empty(); }

  void Fail(const char* failure) {
    result_.failure = failure;
    for (const Move& move : path_) result_.schedule.push_back(Describe(move));
  }

  static const char* Name(ModelStep::Kind kind) {
    switch (kind) {
      case ModelStep::SawUnwritten:
        return "a record is read before it is written";
      case ModelStep::SawOverwritten:
        return "a record is overwritten before it is read";
      case ModelStep::SawImpossible:
        return "an honest side is taken for a hostile one";
      default:
        return "it never ends";
    }
  }

  static std::string Describe(const Move& move) {
    static const char* const kWords[] = {"Written", "Read", "WaitsForData", "WaitsForRoom"};
    std::string place = move.step.place < kRingWords ? kWords[move.step.place] : "unit " + std::to_string(move.step.place - kRingWords);
    std::string who = move.side == 0 ? "A" : "B";
    std::string other = move.side == 0 ? "B" : "A";
    switch (move.step.kind) {
      case ModelStep::Look:
        return who + " sees " + place + " of " + other + ": " + std::to_string(move.outcome);
      case ModelStep::Store:
        return place + " of " + who + " becomes " + std::to_string(move.step.value);
      case ModelStep::RingPeer:
        return who + " rings " + other;
      case ModelStep::RingSelf:
        return who + " rings itself";
      case ModelStep::AwaitBell:
        return who + (move.outcome == 0 ? " is interrupted" : " hears its bell");
      default:
        return who + " clears its bell";
    }
  }

  const RingModelOptions& options_;
  ModelThread threads_[2];
  alignas(ModelProgram) uint8_t programs_[2][sizeof(ModelProgram)] = {};
  std::vector<Move> path_;
  std::unordered_set<uint64_t> visited_;
  RingModelResult result_;
};

}  // namespace

RingModelResult ExploreRing(const RingModelOptions& options) {
  return RingSearch(options).Run();
}

}  // namespace gips
