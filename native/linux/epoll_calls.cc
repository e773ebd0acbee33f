#include "epoll_calls.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/clock.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

namespace pollux {
namespace {

// The kernel's __kernel_timespec: 64-bit seconds on every architecture.
struct KernelTimespec {
  int64_t seconds;
  int64_t nanoseconds;
};

constexpr int64_t kNsPerSecond = 1000000000;
constexpr int64_t kNsPerMs = 1000000;

int EpollPwait2(int epoll_fd, epoll_event* records, int capacity, int64_t timeout_ns) {
  const KernelTimespec timeout = {timeout_ns / kNsPerSecond, timeout_ns % kNsPerSecond};
  return static_cast<int>(syscall(SYS_epoll_pwait2, epoll_fd, records, capacity, &timeout, nullptr, 0));
}

int EpollWait(int epoll_fd, epoll_event* records, int capacity, int timeout_ms) {
  const int found = epoll_wait(epoll_fd, records, capacity, timeout_ms);
  if (found >= 0 || !IsRefused(errno)) return found;
  return epoll_pwait(epoll_fd, records, capacity, timeout_ms, nullptr);
}

// epoll_wait(2) takes milliseconds. Rounded up, the wait never returns early.
int RoundUpToMs(int64_t timeout_ns) {
  const int64_t ms = (timeout_ns + kNsPerMs - 1) / kNsPerMs;
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

}  // namespace

SysError OpenEpoll(int* fd) {
  int opened = epoll_create1(EPOLL_CLOEXEC);
  if (opened < 0) {
    const SysError error = {errno, "epoll_create1"};
    if (!IsRefused(error.code)) return error;
    opened = epoll_create(1);
    if (opened < 0) return error;
    if (fcntl(opened, F_SETFD, FD_CLOEXEC) < 0) {
      close(opened);
      return error;
    }
  }
  *fd = opened;
  return {};
}

void DeadlineWait::Probe(int epoll_fd) {
  epoll_event record;
  has_pwait2_ = EpollPwait2(epoll_fd, &record, 1, 0) >= 0 || errno == EINTR;
}

int DeadlineWait::Wait(int epoll_fd, epoll_event* records, int capacity, int64_t deadline_ns) {
  if (deadline_ns == kPollOnly) return EpollWait(epoll_fd, records, capacity, 0);
  if (deadline_ns == kNever) return EpollWait(epoll_fd, records, capacity, -1);
  int64_t timeout_ns = deadline_ns - NowNs();
  if (timeout_ns < 0) timeout_ns = 0;
  if (has_pwait2_.load(std::memory_order_relaxed)) {
    const int found = EpollPwait2(epoll_fd, records, capacity, timeout_ns);
    if (found >= 0 || !IsRefused(errno)) return found;
    // The process has entered a sandbox since Probe().
    has_pwait2_.store(false, std::memory_order_relaxed);
  }
  // The sum in RoundUpToMs must not overflow.
  if (timeout_ns > INT64_MAX - kNsPerMs) timeout_ns = INT64_MAX - kNsPerMs;
  return EpollWait(epoll_fd, records, capacity, RoundUpToMs(timeout_ns));
}

}  // namespace pollux
