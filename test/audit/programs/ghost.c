#include "common.h"

// A child that is started has a duplicate of a connection: close() here does not end the registration.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int pair[2];
  Pair(pair);
  Tell(pair[0]);
  Control(EPOLL_CTL_ADD, pair[0], EPOLLIN);
  pid_t child = Check(fork());
  if (child == 0) {
    close(pair[1]);
    pause();
  }
  if (is_right) Control(EPOLL_CTL_DEL, pair[0], 0);
  close(pair[0]);
  Check(write(pair[1], "x", 1));
  for (int turn = 0; turn < 3; turn++) Wait(20, NULL);
  Check(kill(child, SIGKILL));
  Check(wait(NULL));
  return 0;
}
