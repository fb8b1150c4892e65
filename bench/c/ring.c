/*
 * What shared memory gives plain C: two single-producer single-consumer rings, their readers and writers spinning.
 * ring round-trip|one-way SIZE MS [SERVER-CORE CLIENT-CORE]. A spinning side that has to share its core gives it up with sched_yield.
 */
#include "common.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>

enum { CAPACITY = 1 << 20, SPINS = 2000 };

typedef struct {
  _Alignas(64) _Atomic uint64_t head;
  _Alignas(64) _Atomic uint64_t tail;
  _Alignas(64) char* data; /* mapped twice in a row: a record never wraps */
} Ring;

/* One side's copy of the indices, so that the shared ones are read only when they have to be. */
typedef struct {
  Ring* ring;
  uint64_t head, tail;
} End;

typedef struct {
  uint64_t count;
  uint64_t sum;
} Seen;

static bool shares_core;

static void pause_for(int* spins) {
  if (!shares_core && ++*spins < SPINS) __builtin_ia32_pause();
  else sched_yield();
}

static Ring* make_ring(void) {
  Ring* ring = mmap(NULL, sizeof *ring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int memory = memfd_create("ring", MFD_CLOEXEC);
  if (memory < 0 || ftruncate(memory, CAPACITY) != 0) fail("memfd_create");
  ring->data = mmap(NULL, 2 * CAPACITY, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 2; i += 1) {
    if (mmap(ring->data + i * CAPACITY, CAPACITY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) == MAP_FAILED) fail("mmap");
  }
  return ring;
}

static size_t record(size_t length) { return (8 + length + 7) & ~(size_t)7; }

static void push(End* end, const void* bytes, uint32_t length) {
  size_t need = record(length);
  for (int spins = 0; end->head + need - end->tail > CAPACITY; pause_for(&spins)) {
    end->tail = atomic_load_explicit(&end->ring->tail, memory_order_acquire);
  }
  char* at = end->ring->data + end->head % CAPACITY;
  memcpy(at, &length, sizeof length);
  memcpy(at + 8, bytes, length);
  end->head += need;
  atomic_store_explicit(&end->ring->head, end->head, memory_order_release);
}

static uint32_t pop(End* end, void* bytes) {
  for (int spins = 0; end->head == end->tail;) {
    end->head = atomic_load_explicit(&end->ring->head, memory_order_acquire);
    if (end->head == end->tail) pause_for(&spins);
  }
  const char* at = end->ring->data + end->tail % CAPACITY;
  uint32_t length;
  memcpy(&length, at, sizeof length);
  memcpy(bytes, at + 8, length);
  end->tail += record(length);
  atomic_store_explicit(&end->ring->tail, end->tail, memory_order_release);
  return length;
}

static void serve(End from, End to, size_t size, bool trips) {
  char* bytes = malloc(size);
  Seen seen = {0, 0};
  for (;;) {
    uint32_t length = pop(&from, bytes);
    if (trips) {
      push(&to, bytes, length);
    } else if (length == 1) {
      push(&to, &seen, sizeof seen);
      seen = (Seen){0, 0};
    } else {
      seen.count += 1;
      seen.sum += look_at(bytes, length);
    }
  }
}

static long run(End* to, End* from, size_t size, double time, bool trips) {
  char* bytes = malloc(size + sizeof(Seen));
  memset(bytes, 'x', size);
  long count = 0;
  for (double end = now_us() + time; now_us() < end;) {
    for (int i = 0; i < CHECK_TIME_EVERY; i += 1, count += 1) {
      push(to, bytes, size);
      if (trips && pop(from, bytes) != size) fail("a torn echo");
    }
  }
  if (trips) return count;
  Seen seen;
  push(to, "e", 1);
  pop(from, &seen);
  if (seen.count != (uint64_t)count || seen.sum != seen.count * look_at(bytes, size)) fail("lost or torn messages");
  return count;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  bool trips = strcmp(argv[1], "round-trip") == 0;
  size_t size = strtoul(argv[2], NULL, 10);
  double time = atof(argv[3]) * 1e3;
  Ring *there = make_ring(), *back = make_ring();
  shares_core = argc > 5 ? strcmp(argv[4], argv[5]) == 0 : sysconf(_SC_NPROCESSORS_ONLN) < 2;
  pid_t server = fork();
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc > 5) pin(argv[4]);
    serve((End){there, 0, 0}, (End){back, 0, 0}, size, trips);
  }
  if (argc > 5) pin(argv[5]);
  End to = {there, 0, 0}, from = {back, 0, 0};
  long warmed = run(&to, &from, size, time / 5, trips);
  double start = now_us(), used = cpu_us(RUSAGE_SELF);
  long done = run(&to, &from, size, time, trips);
  double elapsed = now_us() - start;
  used = cpu_us(RUSAGE_SELF) - used;
  kill(server, SIGKILL);
  wait(NULL);
  report(elapsed, used + cpu_us(RUSAGE_CHILDREN) * done / (done + warmed), done);
}
