// Where handles change hands. Each process has one table in shared memory, in which handles of that process wait: either handles that
// others have put there for it (In), or its own, for others to fetch (Out). Whoever puts or fetches them needs the right to duplicate
// handles out of and into the process that has the table, and the table cannot be had without that very right: it has no name, and its
// section is found by its handle in that process. So what stands in it was written by the process itself or by somebody who could do with
// the process as he likes (PROCESS_DUP_HANDLE is enough to get everything else: Microsoft, "Process Security and Access Rights"). That is
// why the process believes the numbers in its table, as it could never believe a number in a message.
//
// An entry belongs to a connection, whose id only its two ends know, and goes when that ends: nothing is left of a message that
// nobody has received.
#pragma once

#include <windows.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "descriptor.h"

namespace gips {

class HandleExchange {
 public:
  enum class Way : uint64_t { In = 1, Out = 2 };

  // This process's. Null with LastFailure().
  static HandleExchange* Own();
  // That of `process`, open with PROCESS_DUP_HANDLE, which knows its section by this number. Null with LastFailure().
  static std::unique_ptr<HandleExchange> Open(Descriptor process, uint64_t section);

  ~HandleExchange();
  HandleExchange(const HandleExchange&) = delete;
  HandleExchange& operator=(const HandleExchange&) = delete;

  // Whether anything stands in it.
  bool in_use() const;
  // What the others find it by.
  uint64_t section() const { return reinterpret_cast<uintptr_t>(section_.get()); }

  static constexpr int kFull = -1;
  static constexpr int kFailed = -2;
  // Gives a duplicate of `handle` to the process. The number of the entry, kFull, or kFailed with LastFailure().
  int Put(const Descriptor& handle, uint64_t connection, Way way);
  // Whether what was put there has not been fetched.
  bool Holds(uint32_t entry, uint64_t connection, Way way) const;
  // Moves the handle into this process. Not valid() with LastFailure(): UV_ENOENT if the connection has no such entry.
  Descriptor Fetch(uint32_t entry, uint64_t connection, Way way);
  // Closes the handle where it is, if it has not been fetched.
  void Drop(uint32_t entry, uint64_t connection, Way way);
  // For the process itself: the connection has ended, and all that it had here is closed. `peer`, if it may be looked at, is who may have
  // been killed while at work on an entry.
  void DropAll(uint64_t connection, const Descriptor& peer);

 private:
  struct Entry;
  struct Table;

  HandleExchange(Descriptor process, Descriptor section, Table* table)
      : process_(std::move(process)), section_(std::move(section)), table_(table) {}

  bool is_own() const { return !process_.valid(); }
  HANDLE process() const { return is_own() ? GetCurrentProcess() : process_.get(); }
  void Forsake(uint32_t entry, uint64_t connection, const Descriptor& peer);
  void CloseThere(uint64_t handle);
  void Free(Entry& entry);

  Descriptor process_;  // none: this one
  Descriptor section_;  // only of our own
  Table* table_;
  std::atomic<uint32_t> next_{0};
};

}  // namespace gips
