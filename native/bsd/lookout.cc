#include "lookout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "../common/retry.h"

namespace pollux {

Lookout::~Lookout() {
  for (const int fd : pipe) {
    if (fd >= 0) close(fd);
  }
}

SysError Lookout::Open() {
  // pipe2(2) is missing on macOS.
  if (::pipe(pipe) < 0) {
    const int code = errno;
    pipe[0] = pipe[1] = -1;
    return {code, "pipe"};
  }
  for (const int fd : pipe) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
      return {errno, "fcntl"};
    }
  }
  return {};
}

SysError Lookout::Watch(int kqueue_fd) const {
  pollfd watched[2] = {{kqueue_fd, POLLIN, 0}, {pipe[0], POLLIN, 0}};
  return RetryOnSignal([&] { return poll(watched, 2, -1); }) < 0 ? SysError{errno, "poll"} : SysError{};
}

void Lookout::Ring() const {
  RetryOnSignal([&] { return write(pipe[1], "", 1); });
}

void Lookout::Drain() const {
  char bytes[64];
  while (RetryOnSignal([&] { return read(pipe[0], bytes, sizeof bytes); }) > 0) {
  }
}

}  // namespace pollux
