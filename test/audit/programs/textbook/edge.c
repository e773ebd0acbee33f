#include "server.h"

// The same server in edge mode: connections are read until EAGAIN, and the listener, in edge mode as well, accepts
// once.
int main(void) {
  int listener = Listen();
  int epoll_fd = epoll_create(5);
  SetNonBlocking(listener);
  Add(epoll_fd, listener, EPOLLIN | EPOLLET);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        SetNonBlocking(connection);
        Add(epoll_fd, connection, EPOLLIN | EPOLLET);
        continue;
      }
      for (;;) {
        char buffer[10];
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (got <= 0) {
          close(fd);
          break;
        }
        if (buffer[0] == 'q') return 0;
        send(fd, buffer, (size_t)got, 0);
      }
    }
  }
}
