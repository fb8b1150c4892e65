/* What the programs of the C limit share: time, cores, CPU use, the result as JSON. */
#pragma once
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, CHECK_TIME_EVERY = 64 };

static inline double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static inline void fail(const char* what) {
  perror(what);
  _exit(1);
}

static inline void pin(const char* core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(atoi(core), &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) fail("sched_setaffinity");
}

static inline double cpu_us(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* As all peers do: one byte of each page is read. */
static inline uint64_t look_at(const char* bytes, size_t size) {
  uint64_t sum = 0;
  for (size_t at = 0; at < size; at += PAGE) sum += (unsigned char)bytes[at];
  return sum;
}

static inline void report(double elapsed, double cpu, long count) {
  printf("{\"value\":%f,\"cpu\":%f}\n", elapsed / count, cpu / count);
}
