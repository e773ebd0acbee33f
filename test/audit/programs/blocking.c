#include "common.h"

// Edge mode over a socket without O_NONBLOCK: the second read of the loop blocks, until the peer sends again.
int main(int argc, char** argv) {
  Begin(argc, argv);
  int pair[2];
  Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  if (is_right) Check(fcntl(pair[0], F_SETFL, O_NONBLOCK));
  Tell(pair[0]);
  Control(EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLET);
  Check(write(pair[1], "hello", 5));
  if (fork() == 0) {
    usleep(200000);
    return write(pair[1], "!", 1) != 1;
  }
  char buffer[64];
  for (int turn = 0; turn < 2; turn++)
    if (Wait(300, NULL) == pair[0])
      while (read(pair[0], buffer, sizeof buffer) > 1) continue;
  Check(wait(NULL));
  return 0;
}
