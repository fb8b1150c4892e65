// Readiness for the blocking model, and a counter that wakes it from any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "readiness.h"

namespace gips {

constexpr int kReadable = kReady;
constexpr int kWritable = kRoom;

class Selector {
 public:
  // Not valid() with LastFailure().
  static Selector Create();

  bool valid() const { return set_ != nullptr; }
  // A readiness itself, so that selectors nest; -1 when closed.
  int fd() const;

  // 0 or a negative error of libuv's.
  int Add(int id, uint64_t token, int interest);
  int Modify(int id, uint64_t token, int interest);
  int Remove(int id);

  struct Ready {
    uint64_t token;
    int readiness;
  };
  // The number of ready sources; 0 on timeout. What does not fit comes first next time.
  int Wait(int milliseconds, Ready* ready, int capacity);

  void Close() { set_.reset(); }

 private:
  class Set;
  std::shared_ptr<Set> set_;
};

class Waker {
 public:
  static Waker Create();
  // The waker behind a number that Share gave, which is good for one Take or Drop, in any thread. Not valid() with LastFailure().
  static Waker Take(int number);
  static void Drop(int number);
  // Negative error of libuv's.
  int Share() const;

  bool valid() const { return counter_ != nullptr; }
  int fd() const;
  void Wake();
  void Drain();
  void Close() { counter_.reset(); }

 private:
  class Counter;
  struct Shared;
  std::shared_ptr<Counter> counter_;
};

}  // namespace gips
