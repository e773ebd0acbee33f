// The reactor as textbooks on epoll have it: an event object for each connection with a callback that changes. A
// connection is taken out of the set and put back around each read and each write, for the other direction. Prints its
// port and serves until it is killed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAPACITY 1024
#define BUFFER_BYTES 4096

struct reactor_event;
typedef void callback(struct reactor_event* event);

struct reactor_event {
  int fd;
  callback* on_ready;
  ssize_t length;
  char buffer[BUFFER_BYTES];
};

static int epoll_fd;
static struct epoll_event records[CAPACITY];

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static void register_event(struct reactor_event* event, uint32_t interest, callback* on_ready) {
  struct epoll_event entry = {.events = interest, .data.ptr = event};
  event->on_ready = on_ready;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event->fd, &entry) < 0) fail("epoll_ctl");
}

static void deregister_event(const struct reactor_event* event) {
  if (epoll_ctl(epoll_fd, EPOLL_CTL_DEL, event->fd, NULL) < 0) fail("epoll_ctl");
}

static struct reactor_event* new_event(int fd) {
  struct reactor_event* event = malloc(sizeof *event);
  if (event == NULL) fail("malloc");
  event->fd = fd;
  event->length = 0;
  return event;
}

static void on_writable(struct reactor_event* event);

static void on_readable(struct reactor_event* event) {
  const ssize_t length = recv(event->fd, event->buffer, sizeof event->buffer, 0);
  if (length < 0 && errno == EAGAIN) return;
  deregister_event(event);
  if (length > 0) {
    event->length = length;
    register_event(event, EPOLLOUT, on_writable);
    return;
  }
  close(event->fd);
  free(event);
}

static void on_writable(struct reactor_event* event) {
  if (send(event->fd, event->buffer, (size_t)event->length, MSG_NOSIGNAL) != event->length) fail("send");
  deregister_event(event);
  register_event(event, EPOLLIN, on_readable);
}

static void on_connection(struct reactor_event* listener) {
  for (;;) {
    const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) fail("accept4");
    register_event(new_event(fd), EPOLLIN, on_readable);
  }
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

int main(void) {
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  register_event(new_event(listen_on_any_port()), EPOLLIN, on_connection);
  for (;;) {
    const int count = epoll_wait(epoll_fd, records, CAPACITY, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct reactor_event* event = records[i].data.ptr;
      event->on_ready(event);
    }
  }
}
