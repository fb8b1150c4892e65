// A range of addresses that shows a file's memory, and how it goes away without anybody faulting on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace gips {

// Shared by everybody who may touch the range: its region, the buffers that JavaScript sees of it, threads that wait on a word of it. The
// addresses are given back by the last of them; what the range shows can be taken away before (`Retire`).
class Mapping {
 public:
  enum class Access { Read, Write };
  // The first `size` bytes of the file; `populate`: with all their pages at once. Null with errno.
  static std::shared_ptr<Mapping> Map(int fd, size_t size, Access access, bool populate = false);

  Mapping(uint8_t* address, size_t size) : address_(address), size_(size) {}
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  uint8_t* address() const { return address_; }
  size_t size() const { return size_; }

  // Replaces the file's pages by memory of this process's own: who still reads (a compression in another thread) reads zeros, who still
  // writes changes nothing, and the file's memory is free at once.
  void Retire();

  // The range is never given back: somebody may touch it whom nobody can ask.
  void Forsake() { is_forsaken_ = true; }

 private:
  uint8_t* address_;
  size_t size_;
  bool is_forsaken_ = false;
};

}  // namespace gips
