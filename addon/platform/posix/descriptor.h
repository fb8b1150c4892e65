// A file descriptor with an owner.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gips {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Take()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Take();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // A second descriptor for the same open file; errno is set where it is not valid().
  static Descriptor Duplicate(int fd) { return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
  Descriptor Duplicate() const { return Duplicate(fd_); }

  // A number by which it can be passed around within this process.
  static Descriptor Adopt(int number) { return Descriptor(number); }
  int TakeNumber() { return Take(); }

  // What users see of it.
  int FileNumber() const { return fd_; }
  int TakeFileNumber() { return Take(); }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Take() { return std::exchange(fd_, -1); }

  // Linux frees the number whatever close() answers, so it is never called twice (close(2), "Dealing with error returns").
  void Close() {
    if (fd_ < 0) return;
    int kept = errno;
    ::close(Take());
    errno = kept;
  }

 private:
  int fd_ = -1;
};

}  // namespace gips
