// The calls of pollux/sys that write, on the BSDs and macOS: none raises SIGPIPE where the host has given the signal
// back to the system.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../common/message_flags.h"
#include "../common/os_calls.h"
#include "../common/retry.h"
#include "../common/write_state.h"
#include "os_facts.h"

namespace pollux {
namespace {

// True where no other thread changes the disposition meanwhile, and it does not end the process.
bool IsPipeSignalHarmless(bool is_alone) {
  struct sigaction now;
  return is_alone && sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler != SIG_DFL;
}

#ifdef F_SETNOSIGPIPE

// macOS (fcntl(2)) and NetBSD: EPIPE raises SIGPIPE for the process, so that blocking it in one thread
// does not help, but a file can be told not to raise it.
class PipeSignalGuard {
 public:
  PipeSignalGuard(int fd, bool is_alone) : fd_(fd) {
    if (IsPipeSignalHarmless(is_alone) || fcntl(fd, F_GETNOSIGPIPE) != 0) return;
    is_set_ = fcntl(fd, F_SETNOSIGPIPE, 1) == 0;
  }

  ~PipeSignalGuard() {
    if (!is_set_) return;
    const int code = errno;
    fcntl(fd_, F_SETNOSIGPIPE, 0);
    errno = code;
  }

  PipeSignalGuard(const PipeSignalGuard&) = delete;
  PipeSignalGuard& operator=(const PipeSignalGuard&) = delete;

  void Take() const {}

 private:
  const int fd_;
  bool is_set_ = false;
};

#else

// FreeBSD and OpenBSD: EPIPE raises SIGPIPE for the thread that made the call. While a guard exists
// the signal waits, and what the call has raised is taken.
class PipeSignalGuard {
 public:
  PipeSignalGuard(int, bool is_alone) {
    if (IsPipeSignalHarmless(is_alone)) return;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &only_, &before_) != 0) return;
    is_blocking_ = true;
    was_pending_ = sigismember(&before_, SIGPIPE) == 1 && IsPending();
  }

  ~PipeSignalGuard() {
    if (!is_blocking_) return;
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = code;
  }

  PipeSignalGuard(const PipeSignalGuard&) = delete;
  PipeSignalGuard& operator=(const PipeSignalGuard&) = delete;

  // To be called after a call of this thread has failed with EPIPE. Leaves errno alone.
  void Take() const {
    if (!is_blocking_ || was_pending_) return;
    const int code = errno;
    int taken = 0;
    // OpenBSD has no sigtimedwait(2). What is pending for this thread is not taken by another.
    if (IsPending()) sigwait(&only_, &taken);
    errno = code;
  }

 private:
  static bool IsPending() {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t only_;
  sigset_t before_;
  bool is_blocking_ = false;
  bool was_pending_ = false;
};

#endif

// Makes `call`, which writes to `fd`, under a guard, and returns its result.
template <typename Call>
auto WithoutPipeSignal(int fd, bool is_alone, Call call) {
  const PipeSignalGuard guard(fd, is_alone);
  const auto result = call();
  if (result == -1 && errno == EPIPE) guard.Take();
  return result;
}

ssize_t SendParts(int fd, const iovec* parts, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = count;
  return sendmsg(fd, &message, kNoSignal);
}

// The file, or the family of the socket, takes write(2) only.
bool IsOtherWay(int code) { return code == ENOTSOCK || code == EOPNOTSUPP || code == EINVAL; }

}  // namespace

ssize_t WriteParts(int fd, const iovec* parts, int count, WriteState& state) {
  if (kNoSignal != 0 && (IsEmpty(parts, count) || state.WayOf(fd) == WriteWay::kSend)) {
    const ssize_t sent = RetryOnSignal([&] { return SendParts(fd, parts, count); });
    if (sent >= 0 || !IsOtherWay(errno)) return sent;
    if (errno == ENOTSOCK) state.Learn(fd, WriteWay::kGuarded);
  }
  return WithoutPipeSignal(fd, state.is_alone, [&] { return RetryOnSignal([&] { return writev(fd, parts, count); }); });
}

SysError SendFile(int out, int in, int64_t offset, size_t count, const WriteState& state, size_t* sent) {
  if (count == 0) {
    // sendfile(2): a count of 0 means all there is.
    if (fcntl(in, F_GETFD) < 0 || fcntl(out, F_GETFD) < 0) return {errno, "sendfile"};
    *sent = 0;
    return {};
  }
  const bool moves = offset < 0;
  const off_t from = moves ? lseek(in, 0, SEEK_CUR) : static_cast<off_t>(offset);
  if (from < 0) return {errno, "sendfile"};
  off_t done = 0;
  const int result = WithoutPipeSignal(out, state.is_alone, [&] {
    return RetryOnSignal([&] {
      const int status = SendFrom(in, out, from, count, &done);
      // An interrupted call has sent something, or is made again.
      return status < 0 && errno == EINTR && done > 0 ? 0 : status;
    });
  });
  if (result < 0 && done <= 0) return {errno, "sendfile"};
  if (moves && lseek(in, from + done, SEEK_SET) < 0) return {errno, "sendfile"};
  *sent = static_cast<size_t>(done);
  return {};
}

SysError Splice(int, int64_t, int, int64_t, size_t, bool, const WriteState&, size_t*) { return {ENOSYS, "splice"}; }

}  // namespace pollux
