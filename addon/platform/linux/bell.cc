#include "bell.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace gips {

namespace {

// A ring is one byte, and the system counts a user's pipes by their pages (pipe(7)).
constexpr int kPipeSize = 4096;

constexpr mode_t kAnybody = 0666;

}  // namespace

bool Bell::Create(Descriptor& given) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return false;
  given = Descriptor(ends[0]);
  Descriptor write_end(ends[1]);
  fcntl(given.get(), F_SETPIPE_SZ, kPipeSize);
  // The other side may be another user, who is to open it anew. Nobody else gets hold of it.
  return fchmod(given.get(), kAnybody) == 0 && OpenAnew(given.get());
}

bool Bell::Open(const Descriptor& given) {
  struct stat status;
  if (fstat(given.get(), &status) != 0) return false;
  if (!S_ISFIFO(status.st_mode)) {
    errno = EPROTO;
    return false;
  }
  return OpenAnew(given.get());
}

void Bell::Ring() {
  // Full (EAGAIN) it rings already. It never breaks: this side can read it too (fifo(7): O_RDWR).
  constexpr char kStroke = 1;
  while (write(pipe_.get(), &kStroke, sizeof(kStroke)) < 0 && errno == EINTR) {
  }
}

void Bell::Clear() {
  char strokes[kPipeSize];
  while (read(pipe_.get(), strokes, sizeof(strokes)) < 0 && errno == EINTR) {
  }
}

bool Bell::OpenAnew(int fd) {
  char path[32];
  std::snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  pipe_ = Descriptor(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  return pipe_.valid();
}

}  // namespace gips
