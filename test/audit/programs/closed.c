#include "common.h"

// A connection is closed, and its number becomes another one, which the program takes for registered.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int first[2], second[2];
  Pair(first);
  Tell(first[0]);
  Control(EPOLL_CTL_ADD, first[0], EPOLLIN);
  if (is_right) Control(EPOLL_CTL_DEL, first[0], 0);
  close(first[0]);
  Pair(second);
  if (is_right) Control(EPOLL_CTL_ADD, second[0], EPOLLIN);
  Check(write(second[1], "x", 1));
  for (int turn = 0; turn < 3; turn++) {
    char buffer[8];
    if (Wait(60, NULL) == second[0]) Check(read(second[0], buffer, sizeof buffer));
  }
  return 0;
}
