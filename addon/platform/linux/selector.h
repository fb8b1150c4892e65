// Readiness for the blocking model: epoll, and a counter that wakes it from any thread.
#pragma once

#include <cstdint>

#include "descriptor.h"

namespace gips {

constexpr int kReadable = 1;
constexpr int kWritable = 2;

class Selector {
 public:
  // Not valid() with errno.
  static Selector Create();

  bool valid() const { return epoll_.valid(); }
  // Pollable itself, so that selectors nest.
  int fd() const { return epoll_.get(); }

  // 0 or a negative errno.
  int Add(int fd, uint64_t token, int interest);
  int Modify(int fd, uint64_t token, int interest);
  int Remove(int fd);

  struct Ready {
    uint64_t token;
    int readiness;
  };
  // The number of ready sources; 0 on timeout or a signal; negative errno. What does not fit comes first next time: epoll rotates its list.
  int Wait(int milliseconds, Ready* ready, int capacity);

  void Close() { epoll_.Close(); }

 private:
  Descriptor epoll_;
};

class Waker {
 public:
  static Waker Create();
  // The waker behind a number that Share gave, which is good for one Take or Drop, in any thread.
  static Waker Take(int number);
  static void Drop(int number);
  // Negative errno.
  int Share() const;

  bool valid() const { return counter_.valid(); }
  int fd() const { return counter_.get(); }
  void Wake();
  void Drain();
  void Close() { counter_.Close(); }

 private:
  Descriptor counter_;
};

}  // namespace gips
