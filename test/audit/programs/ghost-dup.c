#include "common.h"

// A duplicate in the same process: the registration goes by the number that was closed.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int pair[2];
  Pair(pair);
  int copy = Check(dup(pair[0]));
  Tell(pair[0]);
  Control(EPOLL_CTL_ADD, pair[0], EPOLLIN);
  if (is_right) Control(EPOLL_CTL_DEL, pair[0], 0);
  close(pair[0]);
  if (is_right) Control(EPOLL_CTL_ADD, copy, EPOLLIN);
  Check(write(pair[1], "x", 1));
  char buffer[8];
  for (int turn = 0; turn < 3; turn++)
    if (Wait(20, NULL) == copy) Check(read(copy, buffer, sizeof buffer));
  return 0;
}
