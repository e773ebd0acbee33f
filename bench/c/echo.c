// The limit: an echo server that makes the system calls of servers/pollux-blocking.cjs, in C.
// Prints its port and serves until it is killed.
//
//   echo [second-thread|spin]
//
// A second thread, which only sleeps, makes system calls on descriptors slower, in Node as here. A server that spins
// never sleeps.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAPACITY 1024
#define BUFFER_BYTES 65536

static struct epoll_event records[CAPACITY];
static char buffer[BUFFER_BYTES];

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static void add(int epoll_fd, int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static int listen_on_any_port(void) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) < 0) fail("bind");
  if (listen(fd, 1024) < 0) fail("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) < 0) fail("getsockname");
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void accept_all(int epoll_fd, int listener) {
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) fail("accept4");
    add(epoll_fd, fd);
  }
}

static void echo(int epoll_fd, int fd) {
  const ssize_t length = read(fd, buffer, sizeof buffer);
  if (length > 0) {
    if (write(fd, buffer, (size_t)length) != length) fail("write");
    return;
  }
  if (length < 0 && errno == EAGAIN) return;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL) < 0) fail("epoll_ctl");
  close(fd);
}

static void* sleep_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

int main(int count, char** arguments) {
  const char* way = count > 1 ? arguments[1] : "";
  const int timeout_ms = strcmp(way, "spin") == 0 ? 0 : -1;
  pthread_t second;
  if (strcmp(way, "second-thread") == 0 && pthread_create(&second, NULL, sleep_for_ever, NULL) != 0)
    fail("pthread_create");
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  const int listener = listen_on_any_port();
  add(epoll_fd, listener);
  for (;;) {
    const int count = epoll_wait(epoll_fd, records, CAPACITY, timeout_ms);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      const int fd = records[i].data.fd;
      if (fd == listener)
        accept_all(epoll_fd, listener);
      else
        echo(epoll_fd, fd);
    }
  }
}
