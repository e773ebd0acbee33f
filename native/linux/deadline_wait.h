// epoll_wait against a point in time, as exactly as the kernel can.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>

namespace pollux {

class DeadlineWait {
 public:
  // Finds out whether the kernel has epoll_pwait2 (Linux 5.11; qemu-user and old container
  // profiles have not).
  void Probe(int epoll_fd);

  // One system call. Returns what epoll_wait returns; 0 may come before a deadline that is too far
  // away for one call, never before any other.
  int Wait(int epoll_fd, epoll_event* records, int capacity, int64_t deadline_ns);

  int64_t resolution_ns() const { return has_pwait2_ ? 1 : 1000000; }

 private:
  std::atomic<bool> has_pwait2_{false};
};

}  // namespace pollux
