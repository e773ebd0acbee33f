#include "common.h"

// A TCP server in edge mode, and its client in a process of its own, of which 100 bytes come at once.
int main(int argc, char** argv) {
  Begin(argc, argv);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = Check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Check(bind(listener, (struct sockaddr*)&address, sizeof address));
  Check(listen(listener, 1));
  Check(getsockname(listener, (struct sockaddr*)&address, &length));
  pid_t client = Check(fork());
  if (client == 0) {
    char bytes[100] = {0};
    int fd = Check(socket(AF_INET, SOCK_STREAM, 0));
    Check(connect(fd, (struct sockaddr*)&address, sizeof address));
    Check(write(fd, bytes, sizeof bytes));
    pause();
  }
  int fd = Check(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
  Tell(fd);
  Control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET);
  char buffer[10];
  while (Wait(300, NULL) == fd) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    while (is_right && got > 0) got = read(fd, buffer, sizeof buffer);
  }
  Check(kill(client, SIGKILL));
  Check(wait(NULL));
  return 0;
}
