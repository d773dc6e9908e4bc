/* Faults of the system, for a program that is started with this preloaded. Its orders are in a file of sixteen bytes that
   NODEACQ_FAULTS names, mapped by both sides: how many of the next syncs fail (int64), and by how many nanoseconds the wall
   clock is wrong (int64). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *orders;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("NODEACQ_FAULTS");
  int file = path ? open(path, O_RDWR) : -1;
  void *memory = file < 0 ? MAP_FAILED : mmap(0, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) orders = memory;
  if (file >= 0) close(file);
}

static int fails(void) {
  if (!orders || __atomic_load_n(&orders[0], __ATOMIC_SEQ_CST) <= 0) return 0;
  return __atomic_fetch_sub(&orders[0], 1, __ATOMIC_SEQ_CST) > 0;
}

int fdatasync(int file) {
  if (fails()) { errno = EIO; return -1; }
  return syscall(SYS_fdatasync, file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME && orders && orders[1]) {
    int64_t ns = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + orders[1];
    time->tv_sec = ns / 1000000000;
    time->tv_nsec = ns % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *time, void *zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
