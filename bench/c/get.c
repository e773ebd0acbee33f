// Load for a server of HTTP: connections to 127.0.0.1, each with PIPELINED requests on their way, and the processor
// time of the server over a window of requests, as the kernel accounts it. All responses have the length of the first.
//
//   get PORT CONNECTIONS PIPELINED WARMUP REQUESTS PID   prints {"requests","cpuNs"}
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CAPACITY 256
#define MOST_PIPELINED 64
#define BUFFER_BYTES 65536

static const char kRequest[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static char requests[MOST_PIPELINED * sizeof kRequest];
static char buffer[BUFFER_BYTES];

struct connection {
  int fd;
  size_t expected;  // bytes of responses that are to come
};

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

static void ask(struct connection* connection, int count, size_t response_bytes) {
  const size_t bytes = (sizeof kRequest - 1) * (size_t)count;
  if (write(connection->fd, requests, bytes) != (ssize_t)bytes) fail("write");
  connection->expected = response_bytes * (size_t)count;
}

// The length of a response, from its head.
static size_t measure_response(int port) {
  struct connection first = {.fd = connect_to(port)};
  ask(&first, 1, 0);
  size_t bytes = 0;
  for (;;) {
    const ssize_t length = read(first.fd, buffer + bytes, sizeof buffer - 1 - bytes);
    if (length <= 0) fail("read");
    bytes += (size_t)length;
    buffer[bytes] = 0;
    const char* body = strstr(buffer, "\r\n\r\n");
    const char* field = strcasestr(buffer, "content-length:");
    if (body == NULL || field == NULL) continue;
    const size_t all = (size_t)(body + 4 - buffer) + (size_t)atoll(field + strlen("content-length:"));
    if (bytes < all) continue;
    close(first.fd);
    return all;
  }
}

static void exchange(int epoll_fd, int pipelined, size_t response_bytes, int64_t count) {
  struct epoll_event records[CAPACITY];
  for (int64_t done = 0; done < count;) {
    const int ready = epoll_wait(epoll_fd, records, CAPACITY, 10000);
    if (ready <= 0) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct connection* connection = records[i].data.ptr;
      const ssize_t length = read(connection->fd, buffer, sizeof buffer);
      if (length <= 0 || (size_t)length > connection->expected) fail("read");
      connection->expected -= (size_t)length;
      if (connection->expected > 0) continue;
      done += pipelined;
      ask(connection, pipelined, response_bytes);
    }
  }
}

int main(int count, char** arguments) {
  if (count != 7) return 2;
  const int port = atoi(arguments[1]);
  const int connections = atoi(arguments[2]);
  const int pipelined = atoi(arguments[3]);
  const int64_t window = atoll(arguments[5]);
  clockid_t server_clock;
  if (pipelined < 1 || pipelined > MOST_PIPELINED) return 2;
  if (clock_getcpuclockid((pid_t)atoi(arguments[6]), &server_clock) != 0) fail("clock_getcpuclockid");
  for (int i = 0; i < pipelined; i++) memcpy(requests + (sizeof kRequest - 1) * (size_t)i, kRequest, sizeof kRequest);
  const size_t response_bytes = measure_response(port);
  struct connection* all = calloc((size_t)connections, sizeof *all);
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (all == NULL || epoll_fd < 0) fail("epoll_create1");
  for (int i = 0; i < connections; i++) {
    all[i].fd = connect_to(port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all[i].fd, &event) < 0) fail("epoll_ctl");
    ask(&all[i], pipelined, response_bytes);
  }
  exchange(epoll_fd, pipelined, response_bytes, atoll(arguments[4]));
  const int64_t start = read_ns(server_clock);
  exchange(epoll_fd, pipelined, response_bytes, window);
  printf("{\"requests\":%lld,\"cpuNs\":%lld}\n", (long long)window, (long long)(read_ns(server_clock) - start));
  return 0;
}
