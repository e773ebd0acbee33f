// The bare system calls of probes/wait.cjs and probes/control.cjs, by the same protocol: a line in,
// a line of JSON out. Processor time of this process, in nanoseconds.
//
//   micro EVENTS DESCRIPTORS [second-thread]
//   wait LOOPS     epoll_wait with EVENTS ready descriptors, and a look at each record
//   control LOOPS  each loop adds, modifies and removes DESCRIPTORS descriptors
//
// With a second thread, which only sleeps, the kernel takes a reference to each open file that a call
// names, as it has to in every Node process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

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

static void control(int epoll_fd, int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll_fd, operation, fd, &event) < 0) fail("epoll_ctl");
}

// Read ends of pipes; `ready`: with a byte in each.
static int* open_pipes(int count, int ready) {
  int* fds = calloc((size_t)count, sizeof *fds);
  for (int i = 0; fds != NULL && i < count; i++) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) fail("pipe2");
    if (ready && write(ends[1], "x", 1) != 1) fail("write");
    fds[i] = ends[0];
  }
  return fds;
}

static void measure_wait(int epoll_fd, int events, int64_t loops) {
  volatile uint64_t sum = 0;
  const int64_t start = cpu_ns();
  for (int64_t loop = 0; loop < loops; loop++) {
    const int count = epoll_wait(epoll_fd, records, CAPACITY, 0);
    if (count != events) fail("epoll_wait");
    for (int i = 0; i < count; i++) sum += (uint32_t)records[i].data.fd + records[i].events;
  }
  printf("{\"waitNs\":%lld}\n", (long long)(cpu_ns() - start));
}

static void measure_control(int epoll_fd, const int* fds, int count, int64_t loops) {
  int64_t spent[3] = {0, 0, 0};
  for (int64_t loop = 0; loop < loops; loop++) {
    const int64_t start = cpu_ns();
    for (int i = 0; i < count; i++) control(epoll_fd, EPOLL_CTL_ADD, fds[i], EPOLLIN | EPOLLRDHUP);
    const int64_t added = cpu_ns();
    for (int i = 0; i < count; i++) control(epoll_fd, EPOLL_CTL_MOD, fds[i], EPOLLIN | EPOLLRDHUP);
    const int64_t modified = cpu_ns();
    for (int i = 0; i < count; i++) control(epoll_fd, EPOLL_CTL_DEL, fds[i], 0);
    spent[0] += added - start;
    spent[1] += modified - added;
    spent[2] += cpu_ns() - modified;
  }
  printf("{\"addNs\":%lld,\"modifyNs\":%lld,\"removeNs\":%lld}\n", (long long)spent[0], (long long)spent[1],
         (long long)spent[2]);
}

static void* sleep_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

int main(int count, char** arguments) {
  if (count != 3 && count != 4) return 2;
  pthread_t second;
  if (count == 4 && pthread_create(&second, NULL, sleep_for_ever, NULL) != 0) return 1;
  const int events = atoi(arguments[1]);
  const int descriptors = atoi(arguments[2]);
  const int ready_set = epoll_create1(EPOLL_CLOEXEC);
  const int control_set = epoll_create1(EPOLL_CLOEXEC);
  if (ready_set < 0 || control_set < 0) fail("epoll_create1");
  const int* ready = open_pipes(events, 1);
  const int* idle = open_pipes(descriptors, 0);
  for (int i = 0; i < events; i++) control(ready_set, EPOLL_CTL_ADD, ready[i], EPOLLIN | EPOLLRDHUP);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char* space = strchr(line, ' ');
    if (space == NULL) return 2;
    const int64_t loops = atoll(space);
    if (line[0] == 'w')
      measure_wait(ready_set, events, loops);
    else
      measure_control(control_set, idle, descriptors, loops);
    fflush(stdout);
  }
  return 0;
}
