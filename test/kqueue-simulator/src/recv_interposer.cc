// recv(2) for code that is linked together with the simulator: 4.4BSD's soreceive() reports a pending error to a reader
// that peeks and keeps it, Linux clears it. Data that waits comes first (sys/kern/uipc_socket.c, soreceive_generic(),
// FreeBSD and XNU). Hidden, as shutdown() is.
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

short Look(int fd) {
  pollfd entry = {fd, POLLIN | POLLRDHUP, 0};
  return poll(&entry, 1, 0) == 1 ? entry.revents : 0;
}

}  // namespace

extern "C" __attribute__((visibility("hidden"))) ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  const short state = (flags & MSG_PEEK) != 0 ? Look(fd) : 0;
  if (state & POLLERR) {
    // True where a datagram waits. A connection with an error is at its end instead. Linux reports the error before the
    // data, so that looking at the data would clear the error.
    if ((state & (POLLIN | POLLRDHUP)) == POLLIN) return 0;
    // The number of the error cannot be read without clearing the error.
    errno = ECONNREFUSED;
    return -1;
  }
  return syscall(SYS_recvfrom, fd, buffer, size, flags, nullptr, nullptr);
}
