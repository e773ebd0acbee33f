#include "common.h"

// A peer that has sent everything and waits for the answer: read() returns 0 again and again.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int pair[2];
  Pair(pair);
  Tell(pair[0]);
  Control(EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLRDHUP);
  Check(write(pair[1], "question", 8));
  Check(shutdown(pair[1], SHUT_WR));
  char buffer[64];
  for (int turn = 0; turn < 30 && Wait(20, NULL) == pair[0]; turn++) {
    ssize_t got = Check(read(pair[0], buffer, sizeof buffer));
    if (got == 0 && is_right) {
      Check(write(pair[0], "answer", 6));
      Control(EPOLL_CTL_DEL, pair[0], 0);
      close(pair[0]);
    }
  }
  return 0;
}
