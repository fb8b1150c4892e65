// A handle with an owner.
#pragma once

#include <windows.h>

#include <cstdint>
#include <utility>

namespace gips {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(HANDLE handle) : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : handle_(other.Take()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      handle_ = other.Take();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // A second handle for a file descriptor of the C library, which is what users have. LastFailure() where it is not valid().
  static Descriptor Duplicate(int fd);
  // A file descriptor is its user's handle and a number of the C library; the number goes with whoever closes it.
  static Descriptor Adopt(int fd);

  // What users see of it: a number, -1 once closed.
  int number() const { return valid() ? static_cast<int>(reinterpret_cast<intptr_t>(handle_)) : -1; }
  int TakeNumber();

  // A second handle to the same object; LastFailure() where it is not valid().
  Descriptor Duplicate() const {
    HANDLE self = GetCurrentProcess();
    HANDLE copy = nullptr;
    DuplicateHandle(self, handle_, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return Descriptor(copy);
  }

  bool valid() const { return handle_ != nullptr; }
  HANDLE get() const { return handle_; }
  HANDLE Take() { return std::exchange(handle_, nullptr); }

  void Close() {
    if (handle_ == nullptr) return;
    DWORD kept = GetLastError();
    CloseHandle(Take());
    SetLastError(kept);
  }

 private:
  HANDLE handle_ = nullptr;
};

}  // namespace gips
