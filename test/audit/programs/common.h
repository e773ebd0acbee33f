// What the planted programs share. Each runs its fault, or with the argument "right" what is correct instead, and
// prints the descriptor that a finding should name.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_right;
static int epoll_fd;

static int Check(int result) {
  if (result < 0) {
    perror("a system call failed");
    exit(9);
  }
  return result;
}

static void Begin(int argc, char** argv) {
  is_right = argc > 1 && strcmp(argv[1], "right") == 0;
  epoll_fd = Check(epoll_create1(EPOLL_CLOEXEC));
}

static void Tell(int fd) {
  printf("%d\n", fd);
  fflush(stdout);
}

static void Control(int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  Check(epoll_ctl(epoll_fd, operation, fd, &event));
}

// Waits, and returns the descriptor of the first event; -1: none came.
static int Wait(int timeout_ms, uint32_t* events) {
  struct epoll_event event[8];
  int count = Check(epoll_wait(epoll_fd, event, 8, timeout_ms));
  if (events != NULL) *events = count > 0 ? event[0].events : 0;
  return count > 0 ? event[0].data.fd : -1;
}

// A non-blocking pair of connected sockets.
static void Pair(int* pair) { Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)); }
