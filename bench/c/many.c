// The bare system calls of million/million.cc on the kernel, by the same protocol: a line in, a line of JSON out.
// Processor time of this process, in nanoseconds.
//
//   many DESCRIPTORS ACTIVE    eventfds, of which ACTIVE are ready, evenly spread
//   control LOOPS     each loop adds, modifies and removes all descriptors
//   wait LOOPS        epoll_wait with all of them registered, and a look at each record
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#define CAPACITY 1024

static struct epoll_event records[CAPACITY];

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int64_t cpu_ns(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0) fail("clock_gettime");
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int open_set(void) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  return epoll_fd;
}

static void control(int epoll_fd, int operation, const int* fds, int count) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP};
  for (int i = 0; i < count; i++) {
    event.data.fd = fds[i];
    if (epoll_ctl(epoll_fd, operation, fds[i], &event) < 0) fail("epoll_ctl");
  }
}

static int* open_all(int count, int active) {
  int* fds = calloc((size_t)count, sizeof *fds);
  if (fds == NULL) fail("calloc");
  const int stride = count / active;
  for (int i = 0; i < count; i++) {
    const int is_ready = i % stride == 0 && i / stride < active;
    fds[i] = eventfd(is_ready, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fds[i] < 0) fail("eventfd");
  }
  return fds;
}

static void measure_wait(int epoll_fd, int active, int64_t loops) {
  volatile uint64_t sum = 0;
  const int64_t start = cpu_ns();
  for (int64_t loop = 0; loop < loops; loop++) {
    const int count = epoll_wait(epoll_fd, records, CAPACITY, 0);
    if (count != active) fail("epoll_wait");
    for (int i = 0; i < count; i++) sum += (uint32_t)records[i].data.fd + records[i].events;
  }
  printf("{\"waitNs\":%lld}\n", (long long)(cpu_ns() - start));
}

static void measure_control(int epoll_fd, const int* fds, int count, int64_t loops) {
  int64_t spent[3] = {0, 0, 0};
  for (int64_t loop = 0; loop < loops; loop++) {
    const int64_t start = cpu_ns();
    control(epoll_fd, EPOLL_CTL_ADD, fds, count);
    const int64_t added = cpu_ns();
    control(epoll_fd, EPOLL_CTL_MOD, fds, count);
    const int64_t modified = cpu_ns();
    control(epoll_fd, EPOLL_CTL_DEL, fds, count);
    spent[0] += added - start;
    spent[1] += modified - added;
    spent[2] += cpu_ns() - modified;
  }
  printf("{\"addNs\":%lld,\"modifyNs\":%lld,\"removeNs\":%lld}\n", (long long)spent[0], (long long)spent[1],
         (long long)spent[2]);
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const int descriptors = atoi(arguments[1]);
  const int active = atoi(arguments[2]);
  if (active < 1 || descriptors < active || active > CAPACITY) return 2;
  const int ready_set = open_set();
  const int control_set = open_set();
  const int* fds = open_all(descriptors, active);
  control(ready_set, EPOLL_CTL_ADD, fds, descriptors);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const char* space = strchr(line, ' ');
    if (space == NULL) return 2;
    if (line[0] == 'w')
      measure_wait(ready_set, active, atoll(space));
    else
      measure_control(control_set, fds, descriptors, atoll(space));
    fflush(stdout);
  }
  return 0;
}
