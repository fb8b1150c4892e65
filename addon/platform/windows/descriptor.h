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
