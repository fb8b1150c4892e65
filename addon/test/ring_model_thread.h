// A program that can be stopped at each of its steps, and brought back to any of them: as all that it does follows from what it sees, it is
// run again from its beginning with what it has seen until then.
#pragma once

#include <csetjmp>
#include <functional>
#include <vector>

#include "test/ring_model_machine.h"

namespace gips {

class ModelThread {
 public:
  // What it leaves by longjmp must have nothing to destroy.
  using Program = std::function<void(ModelThread&)>;
  explicit ModelThread(Program program) : program_(std::move(program)) {}

  // Up to the next step that somebody has to decide on.
  void Run(ModelSide& side) {
    side_ = &side;
    replayed_ = 0;
    if (setjmp(stopped_) != 0) return;
    program_(*this);
    side.next = {ModelStep::Done, 0, 0};
    side.history = 0;
  }

  // From within the program: the step's outcome.
  uint16_t Do(const ModelStep& step) {
    if (replayed_ < seen_.size()) return seen_[replayed_++];
    if (replayed_ == kMostSteps) Stop({ModelStep::Endless, 0, 0});
    if (!DoAlone(step)) Stop(step);
    seen_.push_back(0);
    replayed_++;
    return 0;
  }

  // From within the program: all that follows depends on these bytes, and on nothing else that it has seen until now.
  void Settle(const void* state, size_t size) {
    if (replayed_ == seen_.size()) side_->history = HashBytes(state, size);
  }

  // Decided: the step it waits with has this outcome.
  void Decide(ModelSide& side, uint16_t outcome) {
    side.history = Mix(side.history, outcome);
    seen_.push_back(outcome);
    Run(side);
  }

  size_t seen() const { return seen_.size(); }
  void Forget(size_t seen) { seen_.resize(seen); }

 private:
  static constexpr size_t kMostSteps = 500;

  // What nobody else can notice is done without asking: whatever the others do in the meantime, it comes to the same.
  bool DoAlone(const ModelStep& step) {
    switch (step.kind) {
      case ModelStep::Store:
      case ModelStep::ReleasingStore:
        if (!side_->MayStore()) return false;
        side_->Keep(step);
        return true;
      case ModelStep::Fence:
        return side_->store_count == 0;
      default:
        return false;
    }
  }

  [[noreturn]] void Stop(const ModelStep& step) {
    side_->next = step;
    std::longjmp(stopped_, 1);
  }

  Program program_;
  ModelSide* side_ = nullptr;
  std::vector<uint16_t> seen_;
  size_t replayed_ = 0;
  std::jmp_buf stopped_;
};

}  // namespace gips
