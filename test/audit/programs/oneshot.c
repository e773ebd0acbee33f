#include "common.h"

// A pipe in oneshot mode: after the first message nobody arms it again.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int ends[2];
  Check(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  Tell(ends[0]);
  Control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT);
  for (int message = 0; message < 3; message++) {
    char buffer[64];
    Check(write(ends[1], "hello", 5));
    if (Wait(300, NULL) != ends[0]) continue;
    Check(read(ends[0], buffer, sizeof buffer));
    if (is_right) Control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT);
  }
  Control(EPOLL_CTL_DEL, ends[0], 0);
  close(ends[0]);
  close(ends[1]);
  return 0;
}
