// Calls that write without raising SIGPIPE.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../common/retry.h"

namespace pollux {

// Whether SIGPIPE does not end the process, and no other thread changes that meanwhile.
inline bool IsPipeSignalHarmless(bool is_alone) {
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

// Linux (signal(7)), FreeBSD and OpenBSD: EPIPE raises SIGPIPE for the thread that made the call. While a guard exists
// the signal is blocked, and a signal that the call has raised is taken away.
class PipeSignalGuard {
 public:
  PipeSignalGuard(int, bool is_alone) {
    if (IsPipeSignalHarmless(is_alone)) return;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &only_, &before_) != 0) return;
    is_blocking_ = true;
    // A host that blocks SIGPIPE itself may have a pending one, which is not taken away.
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
#if defined(_POSIX_REALTIME_SIGNALS) && _POSIX_REALTIME_SIGNALS > 0
    const timespec at_once = {0, 0};
    RetryOnSignal([&] { return sigtimedwait(&only_, nullptr, &at_once); });
#else
    // OpenBSD has no sigtimedwait(2). No other thread takes a signal that is pending for this thread, so that
    // sigwait(3) does not block.
    int taken = 0;
    if (IsPending()) sigwait(&only_, &taken);
#endif
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

// Makes `call`, which writes to `fd`, and returns its result. EPIPE comes without SIGPIPE. `is_alone`: no other thread
// changes the disposition of the signal meanwhile, so that one that does not end the process needs no guard.
template <typename Call>
auto WithoutPipeSignal(int fd, bool is_alone, Call call) {
  const PipeSignalGuard guard(fd, is_alone);
  const auto result = call();
  if (result == -1 && errno == EPIPE) guard.Take();
  return result;
}

}  // namespace pollux
