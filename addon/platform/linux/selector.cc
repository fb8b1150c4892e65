#include "selector.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace gips {

namespace {

constexpr int kMaxBatch = 256;

int Control(int epoll, int operation, int fd, uint64_t token, int interest) {
  epoll_event event = {};
  if (interest & kReadable) event.events |= EPOLLIN;
  if (interest & kWritable) event.events |= EPOLLOUT;
  event.data.u64 = token;
  return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

}  // namespace

Selector Selector::Create() {
  Selector selector;
  selector.epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  return selector;
}

int Selector::Add(int fd, uint64_t token, int interest) {
  return Control(epoll_.get(), EPOLL_CTL_ADD, fd, token, interest);
}

int Selector::Modify(int fd, uint64_t token, int interest) {
  return Control(epoll_.get(), EPOLL_CTL_MOD, fd, token, interest);
}

int Selector::Remove(int fd) {
  return Control(epoll_.get(), EPOLL_CTL_DEL, fd, 0, 0);
}

int Selector::Wait(int milliseconds, Ready* ready, int capacity) {
  epoll_event events[kMaxBatch];
  int count = epoll_wait(epoll_.get(), events, std::min(capacity, kMaxBatch), milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    int readiness = 0;
    // An error or hang-up is found by reading or writing.
    if (events[i].events & ~EPOLLOUT) readiness |= kReadable;
    if (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) readiness |= kWritable;
    ready[i] = {events[i].data.u64, readiness};
  }
  return count;
}

Waker Waker::Create() {
  Waker waker;
  waker.counter_ = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  return waker;
}

Waker Waker::Take(int number) {
  Waker waker;
  waker.counter_ = Descriptor(number);
  return waker;
}

void Waker::Drop(int number) {
  Take(number);
}

int Waker::Share() const {
  Descriptor copy = counter_.Duplicate();
  return copy.valid() ? copy.Take() : -errno;
}

void Waker::Wake() {
  // EAGAIN: the counter is full, so the sleeper is awake as it is.
  eventfd_write(counter_.get(), 1);
}

void Waker::Drain() {
  eventfd_t count;
  eventfd_read(counter_.get(), &count);
}

}  // namespace gips
