#include "server.h"

// The server that every book begins with: level mode, one read per event.
int main(void) {
  int listener = Listen();
  int epoll_fd = epoll_create(5);
  Add(epoll_fd, listener, EPOLLIN);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0) Add(epoll_fd, connection, EPOLLIN);
        continue;
      }
      char buffer[10];
      ssize_t got = read(fd, buffer, sizeof buffer);
      if (got <= 0) {
        close(fd);
      } else {
        if (buffer[0] == 'q') return 0;
        write(fd, buffer, (size_t)got);
      }
    }
  }
}
