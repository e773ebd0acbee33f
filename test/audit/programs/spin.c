#include "common.h"

// A connection that asks for EPOLLOUT, and has nothing to write.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int pair[2];
  Pair(pair);
  Tell(pair[0]);
  Control(EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLOUT);
  for (int turn = 0; turn < 50; turn++) {
    Wait(20, NULL);
    if (is_right && turn == 0) Control(EPOLL_CTL_MOD, pair[0], EPOLLIN);
    if (is_right && turn == 10) break;
  }
  return 0;
}
