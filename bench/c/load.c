// The load: connections to 127.0.0.1, each with one message of 64 bytes on its way, and the
// processor time of the server over a window of messages, as the kernel accounts it.
//
//   load PORT CONNECTIONS WARMUP MESSAGES PID   prints {"messages","cpuNs","wallNs"}
//   load PORT CONNECTIONS                       holds idle connections until its input ends
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_BYTES 64
#define CAPACITY 1024

static struct epoll_event records[CAPACITY];
static char message[MESSAGE_BYTES];

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int64_t read_ns(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) fail("clock_gettime");
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  if (fd < 0) fail("socket");
  if (connect(fd, (struct sockaddr*)&address, sizeof address) < 0) fail("connect");
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("setsockopt");
  return fd;
}

static void send_message(int fd) {
  if (write(fd, message, sizeof message) != sizeof message) fail("write");
}

// A message of this size on loopback arrives whole.
static void receive_message(int fd) {
  const ssize_t length = read(fd, message, sizeof message);
  if (length == sizeof message) return;
  fprintf(stderr, "read: %zd bytes of %d\n", length, MESSAGE_BYTES);
  exit(1);
}

// Passes `messages` through connections that all have one on its way, and leaves it so.
static void exchange(int epoll_fd, int64_t messages) {
  for (int64_t done = 0; done < messages;) {
    const int count = epoll_wait(epoll_fd, records, CAPACITY, 10000);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      receive_message(records[i].data.fd);
      send_message(records[i].data.fd);
    }
    done += count;
  }
}

static void measure(int epoll_fd, int64_t warmup, int64_t messages, pid_t pid) {
  clockid_t server_clock;
  if (clock_getcpuclockid(pid, &server_clock) != 0) fail("clock_getcpuclockid");
  exchange(epoll_fd, warmup);
  const int64_t cpu_start = read_ns(server_clock);
  const int64_t wall_start = read_ns(CLOCK_MONOTONIC);
  exchange(epoll_fd, messages);
  const int64_t cpu_ns = read_ns(server_clock) - cpu_start;
  const int64_t wall_ns = read_ns(CLOCK_MONOTONIC) - wall_start;
  printf("{\"messages\":%lld,\"cpuNs\":%lld,\"wallNs\":%lld}\n", (long long)messages, (long long)cpu_ns,
         (long long)wall_ns);
}

int main(int count, char** arguments) {
  if (count != 3 && count != 6) return 2;
  const int port = atoi(arguments[1]);
  const int connections = atoi(arguments[2]);
  int* fds = calloc((size_t)connections, sizeof *fds);
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (fds == NULL || epoll_fd < 0) fail("epoll_create1");
  for (int i = 0; i < connections; i++) fds[i] = connect_to(port);
  if (count == 3) {
    printf("{\"connections\":%d}\n", connections);
    fflush(stdout);
    while (getchar() != EOF) continue;
    return 0;
  }
  for (int i = 0; i < connections; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &event) < 0) fail("epoll_ctl");
    send_message(fds[i]);
  }
  measure(epoll_fd, atoll(arguments[3]), atoll(arguments[4]), (pid_t)atoi(arguments[5]));
  // What is on its way arrives before the connections close, so that the server sees an end of file.
  for (int i = 0; i < connections; i++) receive_message(fds[i]);
  return 0;
}
