/*
 * What a SOCK_SEQPACKET pair gives plain C with epoll: seqpacket round-trip|one-way|one-way-mmsg SIZE MS [SERVER-CORE CLIENT-CORE]
 * One-way sends end with a packet of one byte; the server answers with what it saw.
 */
#include "common.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { BATCH = 32 };

typedef struct {
  uint64_t count;
  uint64_t sum;
} Seen;

typedef struct {
  struct mmsghdr headers[BATCH];
  struct iovec parts[BATCH];
  char* bytes;
} Packets;

static size_t size;

static Packets* make_packets(char fill) {
  Packets* packets = calloc(1, sizeof *packets);
  packets->bytes = malloc(BATCH * size);
  memset(packets->bytes, fill, BATCH * size);
  for (int i = 0; i < BATCH; i += 1) {
    packets->parts[i] = (struct iovec){packets->bytes + i * size, size};
    packets->headers[i].msg_hdr = (struct msghdr){.msg_iov = &packets->parts[i], .msg_iovlen = 1};
  }
  return packets;
}

static int watch(int socket) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl");
  return epoll;
}

static void wait_readable(int epoll) {
  struct epoll_event event;
  if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR) fail("epoll_wait");
}

/* Waits first, as a loop does that has other things to watch. */
static ssize_t receive(int socket, int epoll, char* bytes) {
  for (;;) {
    wait_readable(epoll);
    ssize_t got = recv(socket, bytes, size, MSG_DONTWAIT);
    if (got >= 0) return got;
    if (errno != EAGAIN) fail("recv");
  }
}

static void echo(int socket) {
  int epoll = watch(socket);
  char* bytes = malloc(size);
  for (ssize_t got; (got = receive(socket, epoll, bytes)) > 0;) send(socket, bytes, got, 0);
}

static void count(int socket, bool many) {
  int epoll = watch(socket);
  Packets* packets = make_packets(0);
  Seen seen = {0, 0};
  for (;;) {
    int got;
    if (many) {
      got = recvmmsg(socket, packets->headers, BATCH, MSG_DONTWAIT, NULL);
    } else {
      ssize_t length = recvmsg(socket, &packets->headers[0].msg_hdr, MSG_DONTWAIT);
      packets->headers[0].msg_len = length < 0 ? 0 : length;
      got = length < 0 ? -1 : 1;
    }
    if (got < 0 && errno != EAGAIN) fail("recvmsg");
    if (got < 0) wait_readable(epoll);
    for (int i = 0; i < got; i += 1) {
      if (packets->headers[i].msg_len == 0) return;
      if (packets->headers[i].msg_len == 1) {
        send(socket, &seen, sizeof seen, 0);
        seen = (Seen){0, 0};
        continue;
      }
      seen.count += 1;
      seen.sum += look_at(packets->parts[i].iov_base, packets->headers[i].msg_len);
    }
  }
}

static long round_trips(int socket, double time) {
  int epoll = watch(socket);
  char* bytes = malloc(size);
  memset(bytes, 'x', size);
  long count = 0;
  for (double end = now_us() + time; now_us() < end;) {
    for (int i = 0; i < CHECK_TIME_EVERY; i += 1, count += 1) {
      if (send(socket, bytes, size, 0) < 0) fail("send");
      if (receive(socket, epoll, bytes) != (ssize_t)size) fail("a torn echo");
    }
  }
  return count;
}

static long one_way(int socket, double time, bool many) {
  Packets* packets = make_packets('x');
  long count = 0;
  for (double end = now_us() + time; now_us() < end;) {
    for (int i = 0; i < CHECK_TIME_EVERY; i += many ? BATCH : 1) {
      int sent = many ? sendmmsg(socket, packets->headers, BATCH, 0) : sendmsg(socket, &packets->headers[0].msg_hdr, 0) < 0 ? -1 : 1;
      if (sent < 0) fail("sendmsg");
      count += sent;
    }
  }
  Seen seen;
  if (send(socket, "e", 1, 0) != 1 || recv(socket, &seen, sizeof seen, 0) != sizeof seen) fail("end");
  if (seen.count != (uint64_t)count || seen.sum != seen.count * look_at(packets->bytes, size)) fail("lost or torn messages");
  return count;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  bool trips = strcmp(argv[1], "round-trip") == 0;
  bool many = strcmp(argv[1], "one-way-mmsg") == 0;
  size = strtoul(argv[2], NULL, 10);
  double time = atof(argv[3]) * 1e3;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) fail("socketpair");
  if (fork() == 0) {
    close(ends[0]);
    if (argc > 5) pin(argv[4]);
    if (trips) echo(ends[1]);
    else count(ends[1], many);
    _exit(0);
  }
  close(ends[1]);
  if (argc > 5) pin(argv[5]);
  long warmed = trips ? round_trips(ends[0], time / 5) : one_way(ends[0], time / 5, many);
  double start = now_us(), used = cpu_us(RUSAGE_SELF);
  long done = trips ? round_trips(ends[0], time) : one_way(ends[0], time, many);
  double elapsed = now_us() - start;
  used = cpu_us(RUSAGE_SELF) - used;
  close(ends[0]);
  wait(NULL);
  /* The child's time is known for the whole of its life alone: the warm-up's share is taken off. */
  report(elapsed, used + cpu_us(RUSAGE_CHILDREN) * done / (done + warmed), done);
}
