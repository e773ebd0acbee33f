#include "common.h"

// A pipe whose writer has gone: the program looks for EPOLLIN alone, and EPOLLHUP comes with every wait.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int ends[2];
  Check(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  Tell(ends[0]);
  Control(EPOLL_CTL_ADD, ends[0], EPOLLIN);
  close(ends[1]);
  uint32_t events;
  for (int turn = 0; turn < 100 && Wait(20, &events) == ends[0]; turn++) {
    char buffer[64];
    if (events & EPOLLIN) Check(read(ends[0], buffer, sizeof buffer));
    if ((events & EPOLLHUP) && is_right) {
      Control(EPOLL_CTL_DEL, ends[0], 0);
      close(ends[0]);
    }
  }
  return 0;
}
