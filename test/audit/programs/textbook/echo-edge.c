#include "server.h"

// The short echo server with EPOLLET: one read per event, from a connection in blocking mode.
int main(void) {
  int listener = Listen();
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  Add(epoll_fd, listener, EPOLLIN);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        Add(epoll_fd, accept(listener, NULL, NULL), EPOLLIN | EPOLLET);
        continue;
      }
      char buffer[16];
      ssize_t got = read(fd, buffer, sizeof buffer);
      if (got > 0 && buffer[0] == 'q') return 0;
      if (got > 0) write(fd, buffer, (size_t)got);
      if (got == 0) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        close(fd);
      }
    }
  }
}
