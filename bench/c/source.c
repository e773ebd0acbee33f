// The fast peer: sends BYTES to each connection as fast as the kernel takes them, and closes it. Prints its port and
// serves until it is killed.
//
//   source BYTES
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_BYTES (1 << 20)

static char block[BLOCK_BYTES];

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int listen_on_any_port(void) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) < 0) fail("bind");
  if (listen(fd, 64) < 0) fail("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) < 0) fail("getsockname");
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const long long bytes = atoll(arguments[1]);
  signal(SIGPIPE, SIG_IGN);
  const int listener = listen_on_any_port();
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) fail("accept4");
    for (long long left = bytes; left > 0;) {
      const ssize_t sent = write(fd, block, (size_t)(left < BLOCK_BYTES ? left : BLOCK_BYTES));
      if (sent <= 0) break;
      left -= sent;
    }
    close(fd);
  }
}
