// Calls of POSIX for every kind of descriptor: opening, closing, flags, reading. And the size and the end of a
// terminal.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../common/os_calls.h"
#include "../common/retry.h"

namespace pollux {
namespace {

SysError FcntlError(int result) { return result < 0 ? SysError{errno, "fcntl"} : SysError{}; }
SysError IoctlError(int result) { return result < 0 ? SysError{errno, "ioctl"} : SysError{}; }

}  // namespace

SysError OpenFile(const char* path, int flags, int* fd) {
  const int all = flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  const int opened = RetryOnSignal([&] { return open(path, all, 0666); });
  if (opened < 0) return {errno, "open"};
  *fd = opened;
  return {};
}

SysError CloseDescriptor(int fd) {
  // close(2): after EINTR the descriptor is closed, and its number may belong to another file already.
  return close(fd) < 0 && errno != EINTR ? SysError{errno, "close"} : SysError{};
}

SysError Duplicate(int fd, int* copy) {
  int made = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  // A sandbox that knows commands by number may not know this one.
  if (made < 0 && (errno == EPERM || errno == ENOSYS || errno == EINVAL)) {
    made = fcntl(fd, F_DUPFD, 0);
    if (made >= 0 && fcntl(made, F_SETFD, FD_CLOEXEC) < 0) {
      const SysError error = {errno, "fcntl"};
      close(made);
      return error;
    }
  }
  if (made >= 0) *copy = made;
  return FcntlError(made);
}

SysError SetNonBlocking(int fd, bool on) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return FcntlError(flags);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return wanted == flags ? SysError{} : FcntlError(fcntl(fd, F_SETFL, wanted));
}

SysError IsNonBlocking(int fd, bool* on) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) *on = (flags & O_NONBLOCK) != 0;
  return FcntlError(flags);
}

SysError FindAccess(int fd, Access* access) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return FcntlError(flags);
  const int mode = flags & O_ACCMODE;
  *access = mode == O_RDONLY ? Access::kRead : mode == O_WRONLY ? Access::kWrite : Access::kBoth;
  return {};
}

SysError CountReadable(int fd, int* count) {
  int found = 0;
  const SysError error = IoctlError(RetryOnSignal([&] { return ioctl(fd, FIONREAD, &found); }));
  if (error) return error;
  // The kernel counts in an int, which overflows for a file with more bytes left.
  if (found < 0) return {EOVERFLOW, "ioctl"};
  *count = found;
  return {};
}

ssize_t ReadInto(int fd, void* data, size_t length) {
  return RetryOnSignal([&] { return read(fd, data, length); });
}

ssize_t ReadParts(int fd, const iovec* parts, int count) {
  return RetryOnSignal([&] { return readv(fd, parts, count); });
}

SysError GetWindowSize(int fd, unsigned short* columns, unsigned short* rows) {
  winsize found = {};
  const SysError error = IoctlError(RetryOnSignal([&] { return ioctl(fd, TIOCGWINSZ, &found); }));
  if (error) return error;
  *columns = found.ws_col;
  *rows = found.ws_row;
  return {};
}

SysError SetWindowSize(int fd, unsigned short columns, unsigned short rows) {
  winsize wanted = {};
  wanted.ws_col = columns;
  wanted.ws_row = rows;
  return IoctlError(RetryOnSignal([&] { return ioctl(fd, TIOCSWINSZ, &wanted); }));
}

bool HasTerminalEnded(int fd) {
  // NetBSD: kqueue never reports that a terminal has hung up, poll(2) does.
  pollfd hangup = {fd, 0, 0};
  if (RetryOnSignal([&] { return poll(&hangup, 1, 0); }) > 0 && (hangup.revents & POLLHUP)) return true;
  // termios(3): with VMIN 0 a terminal returns 0 also when there is nothing to read; with ICANON it returns 0 for the
  // end-of-file character; and it returns 0 for good once its other side is gone. EIO: it has hung up meanwhile.
  termios settings = {};
  const bool is_known = RetryOnSignal([&] { return tcgetattr(fd, &settings); }) == 0;
  return !is_known || (settings.c_lflag & ICANON) != 0;
}

}  // namespace pollux
