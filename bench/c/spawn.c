// Runs a command and prints its wall clock and processor time (user and system, all threads, as
// wait4(2) has them) from exec to exit: {"wallNs","cpuNs"}
//
//   spawn COMMAND [ARGUMENT …]
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int64_t wall_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t in_ns(struct timeval time) { return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000; }

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const int64_t start = wall_ns();
  const pid_t child = vfork();
  if (child < 0) fail("vfork");
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) != child) fail("wait4");
  printf("{\"wallNs\":%lld,\"cpuNs\":%lld}\n", (long long)(wall_ns() - start),
         (long long)(in_ns(usage.ru_utime) + in_ns(usage.ru_stime)));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
