// The calls of epoll(7), each with the older call that does the same where a kernel lacks it or a sandbox refuses it.
#pragma once

#include <errno.h>
#include <sys/epoll.h>

#include <atomic>
#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

// ENOSYS: the kernel lacks the call. seccomp(2): a filter refuses the call, as a rule with EPERM (old profiles of
// container runtimes) or ENOSYS. The older call that does the same is then tried.
inline bool IsRefused(int code) { return code == ENOSYS || code == EPERM; }

// Opens an epoll instance, close-on-exec; with the call of Linux 2.6 where epoll_create1 is refused.
SysError OpenEpoll(int* fd);

// epoll_wait against a point in time, as exactly as the kernel can.
class DeadlineWait {
 public:
  // Finds out whether the kernel has epoll_pwait2 (Linux 5.11; qemu-user and old container profiles have not).
  void Probe(int epoll_fd);

  // One system call. Returns what epoll_wait returns. 0 may come before a deadline that is too far away for one call,
  // and never before any other deadline.
  int Wait(int epoll_fd, epoll_event* records, int capacity, int64_t deadline_ns);

  int64_t resolution_ns() const { return has_pwait2_ ? 1 : 1000000; }

 private:
  std::atomic<bool> has_pwait2_{false};
};

}  // namespace pollux
