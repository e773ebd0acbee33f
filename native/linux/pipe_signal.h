// Keeps SIGPIPE from a process whose host has given the signal back to the system.
#pragma once

#include <errno.h>
#include <pthread.h>
#include <signal.h>

namespace pollux {

// signal(7): EPIPE raises SIGPIPE for the thread that made the call. While a guard exists the signal
// waits, and what the call has raised is taken.
class PipeSignalGuard {
 public:
  // `is_alone`: no other thread changes the disposition meanwhile, so one that does not end the
  // process needs no guard.
  explicit PipeSignalGuard(bool is_alone) {
    struct sigaction now;
    if (is_alone && sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler != SIG_DFL) return;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &only_, &before_) != 0) return;
    is_blocking_ = true;
    sigset_t pending;
    // A host that blocks the signal itself may have one waiting, which is the host's.
    if (sigismember(&before_, SIGPIPE) == 1 && sigpending(&pending) == 0) {
      is_pending_ = sigismember(&pending, SIGPIPE) == 1;
    }
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
    if (!is_blocking_ || is_pending_) return;
    const int code = errno;
    const timespec at_once = {0, 0};
    while (sigtimedwait(&only_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    errno = code;
  }

 private:
  sigset_t only_;
  sigset_t before_;
  bool is_blocking_ = false;
  bool is_pending_ = false;
};

// Makes `call` under a guard, and returns its result.
template <typename Call>
auto WithoutPipeSignal(bool is_alone, Call call) {
  const PipeSignalGuard guard(is_alone);
  const auto result = call();
  if (result == -1 && errno == EPIPE) guard.Take();
  return result;
}

}  // namespace pollux
