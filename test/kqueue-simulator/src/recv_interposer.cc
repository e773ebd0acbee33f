// recv(2) for what is linked together with the simulator: 4.4BSD's soreceive() reports a pending error to a reader that
// peeks and keeps it, Linux clears it. Hidden, as shutdown() is.
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

bool HasPendingError(int fd) {
  pollfd entry = {fd, 0, 0};
  return poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

}  // namespace

extern "C" __attribute__((visibility("hidden"))) ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  if ((flags & (MSG_PEEK | MSG_OOB)) == MSG_PEEK && HasPendingError(fd)) {
    // Which error it is cannot be read without clearing it.
    errno = ECONNREFUSED;
    return -1;
  }
  return syscall(SYS_recvfrom, fd, buffer, size, flags, nullptr, nullptr);
}
