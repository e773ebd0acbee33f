#include "server.h"

// The reactor: each connection has a callback, which is switched between receiving and sending with each message.
typedef void Callback(int epoll_fd, int fd);

static struct {
  Callback* callback;
  char buffer[64];
  ssize_t length;
} connections[1024];

static Callback Accept, Receive, Send;

static void Switch(int epoll_fd, int fd, unsigned events, Callback* callback) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  connections[fd].callback = callback;
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

static void Accept(int epoll_fd, int fd) {
  int connection = accept(fd, NULL, NULL);
  if (connection < 0) return;
  SetNonBlocking(connection);
  connections[connection].callback = Receive;
  Add(epoll_fd, connection, EPOLLIN);
}

static void Receive(int epoll_fd, int fd) {
  connections[fd].length = recv(fd, connections[fd].buffer, sizeof connections[fd].buffer, 0);
  if (connections[fd].length <= 0) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
    return;
  }
  if (connections[fd].buffer[0] == 'q') exit(0);
  Switch(epoll_fd, fd, EPOLLOUT, Send);
}

static void Send(int epoll_fd, int fd) {
  send(fd, connections[fd].buffer, (size_t)connections[fd].length, 0);
  Switch(epoll_fd, fd, EPOLLIN, Receive);
}

int main(void) {
  int listener = Listen();
  int epoll_fd = epoll_create1(0);
  connections[listener].callback = Accept;
  Add(epoll_fd, listener, EPOLLIN);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) connections[events[i].data.fd].callback(epoll_fd, events[i].data.fd);
  }
}
