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
  Descriptor(Descriptor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      handle_ = std::exchange(other.handle_, nullptr);
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // A second handle for a file descriptor of the C library, which is what users have. LastFailure() where it is not valid(): UV_ENOTSUP for
  // a socket, which is more than its handle (WSADuplicateSocket).
  static Descriptor Duplicate(int fd);

  // A number by which it can be passed around within this process.
  static Descriptor Adopt(int number) { return Descriptor(reinterpret_cast<HANDLE>(static_cast<intptr_t>(number))); }
  int TakeNumber() { return valid() ? static_cast<int>(reinterpret_cast<intptr_t>(Take())) : -1; }

  // What users see of it: the C library's number, which is made when somebody asks for it, and stays ours. A negative failure where there
  // can be none: not everything with a handle is a file.
  //
  // To make one looks at what kind of file it is, and so waits for whoever is reading from it, if it was opened for that
  // (GetFileType of a synchronous pipe): nobody else than a user may have it made of what a peer has sent.
  int FileNumber();
  // It is the caller's from now on.
  int TakeFileNumber();

  // A second handle to the same object; LastFailure() where it is not valid().
  Descriptor Duplicate() const {
    HANDLE self = GetCurrentProcess();
    HANDLE copy = nullptr;
    DuplicateHandle(self, handle_, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return Descriptor(copy);
  }

  bool valid() const { return handle_ != nullptr; }
  HANDLE get() const { return handle_; }
  // Null with LastFailure() if there is none, or none can be had without the number of the file that goes with it.
  HANDLE Take();

  void Close() {
    if (handle_ == nullptr) return;
    DWORD kept = GetLastError();
    if (fd_ < 0) {
      CloseHandle(handle_);
    } else {
      CloseFile();
    }
    handle_ = nullptr;
    fd_ = -1;
    SetLastError(kept);
  }

 private:
  void CloseFile();

  HANDLE handle_ = nullptr;
  int fd_ = -1;  // the C library's number, with which the handle is closed
};

}  // namespace gips
