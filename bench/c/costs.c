// The bare system calls of probes/costs.cjs, by the same protocol: a line in, a line of JSON out. Processor time of
// this process, in nanoseconds.
//
//   read LOOPS      reads a byte of /dev/zero
//   wait LOOPS      epoll_wait with nothing ready
//   event LOOPS     epoll_wait with READY ready descriptors, and a look at each record
//   message LOOPS   writes a message to each of READY socket pairs, waits, and reads all of them
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READY 64
#define CAPACITY 1024
#define MESSAGE_BYTES 64
#define BUFFER_BYTES 65536

static struct epoll_event records[CAPACITY];
static char buffer[BUFFER_BYTES];
static int zero, empty_set, ready_set, message_set;
static int writers[READY];
static volatile uint64_t sum;

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

static void add(int epoll_fd, int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void open_all(void) {
  zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (zero < 0) fail("open");
  empty_set = open_set();
  ready_set = open_set();
  message_set = open_set();
  for (int i = 0; i < READY; i++) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) fail("pipe2");
    add(empty_set, ends[0]);
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0 || write(ends[1], "x", 1) != 1) fail("pipe2");
    add(ready_set, ends[0]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) fail("socketpair");
    add(message_set, ends[0]);
    writers[i] = ends[1];
  }
}

static void wait_for(int epoll_fd, int expected) {
  const int count = epoll_wait(epoll_fd, records, CAPACITY, 0);
  if (count != expected) fail("epoll_wait");
}

static void pass_messages(void) {
  for (int i = 0; i < READY; i++) {
    if (send(writers[i], buffer, MESSAGE_BYTES, MSG_NOSIGNAL) != MESSAGE_BYTES) fail("send");
  }
  wait_for(message_set, READY);
  for (int i = 0; i < READY; i++) {
    if (read(records[i].data.fd, buffer, sizeof buffer) != MESSAGE_BYTES) fail("read");
  }
}

static void loop(const char* line, int64_t loops) {
  if (strncmp(line, "read", 4) == 0) {
    for (int64_t i = 0; i < loops; i++) sum += (uint64_t)read(zero, buffer, 1);
  } else if (strncmp(line, "wait", 4) == 0) {
    for (int64_t i = 0; i < loops; i++) wait_for(empty_set, 0);
  } else if (strncmp(line, "event", 5) == 0) {
    for (int64_t i = 0; i < loops; i++) {
      wait_for(ready_set, READY);
      for (int at = 0; at < READY; at++) sum += (uint32_t)records[at].data.fd + records[at].events;
    }
  } else {
    for (int64_t i = 0; i < loops; i++) pass_messages();
  }
}

int main(void) {
  open_all();
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const char* space = strchr(line, ' ');
    if (space == NULL) return 2;
    const int64_t start = cpu_ns();
    loop(line, atoll(space));
    printf("{\"cpuNs\":%lld}\n", (long long)(cpu_ns() - start));
    fflush(stdout);
  }
  return 0;
}
