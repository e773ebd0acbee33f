// One byte there and back over one connection to an echo server on 127.0.0.1, again and again: the
// server is asleep each time, unless it spins.
//
//   latency PORT WARMUP COUNT [spin]   prints {"medianNs"}; with spin the client does not sleep for the answer
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_MONOTONIC, &time) < 0) fail("clock_gettime");
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
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("setsockopt");
  if (connect(fd, (struct sockaddr*)&address, sizeof address) < 0) fail("connect");
  return fd;
}

static int64_t round_trip_ns(int fd, int spins) {
  char byte = 'x';
  const int64_t begin = now_ns();
  if (write(fd, &byte, 1) != 1) fail("write");
  ssize_t length;
  do length = recv(fd, &byte, 1, spins ? MSG_DONTWAIT : 0);
  while (length < 0 && errno == EAGAIN && spins);
  if (length != 1) fail("recv");
  return now_ns() - begin;
}

static int compare(const void* a, const void* b) {
  const int64_t x = *(const int64_t*)a;
  const int64_t y = *(const int64_t*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) return fprintf(stderr, "usage: latency PORT WARMUP COUNT [spin]\n"), 2;
  const int spins = argc == 5;
  const int fd = connect_to(atoi(argv[1]));
  const int count = atoi(argv[3]);
  int64_t* times_ns = malloc(sizeof *times_ns * (size_t)count);
  if (times_ns == NULL) fail("malloc");
  for (int i = atoi(argv[2]); i > 0; i--) round_trip_ns(fd, spins);
  for (int i = 0; i < count; i++) times_ns[i] = round_trip_ns(fd, spins);
  qsort(times_ns, (size_t)count, sizeof *times_ns, compare);
  printf("{\"medianNs\":%lld}\n", (long long)times_ns[count / 2]);
  return 0;
}
