// How one process wakes another that sleeps in its event loop: a pipe with a byte in it.
//
// An eventfd would be a little cheaper, but it is one open file for both processes: the other one can clear O_NONBLOCK and fill the
// counter, and then the next ring blocks for ever. Each side of a pipe opens it anew (proc(5): /proc/self/fd), and has its flags for
// itself.
#pragma once

#include "descriptor.h"

namespace gips {

class Bell {
 public:
  // A bell to ring, and what the other side opens it by. False with errno.
  bool Create(Descriptor& given);
  // The bell that the other side rings. False with errno: EPROTO if it is none.
  bool Open(const Descriptor& given);

  // Readable from the first ring on until it is cleared.
  int fd() const { return pipe_.get(); }
  void Ring();
  void Clear();

 private:
  bool OpenAnew(int fd);

  Descriptor pipe_;
};

}  // namespace gips
