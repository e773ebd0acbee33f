// The contract between pollux/sys and an operating system for sources: descriptors that are readable when a time has
// come, while a counter is not 0, and when a process has ended.
//
// native/linux/os_sources.cc and native/bsd/kqueue_sources.cc define all of it. The functions may be called from any
// thread, and repeat their system call after EINTR. A descriptor comes out non-blocking and close-on-exec.
#pragma once

#include <cstdint>

#include "sys_error.h"

namespace pollux {

enum class TimerClock { kMonotonic, kRealtime, kBootTime };

// A length of time, or a point of the timer's clock.
struct TimeParts {
  int64_t seconds;
  int32_t nanoseconds;  // 0 … 999,999,999

  explicit operator bool() const { return seconds != 0 || nanoseconds != 0; }
};

struct TimerSetting {
  TimeParts first;  // 0: the timer never expires
  bool is_absolute;
  TimeParts period;  // 0: it expires once
};

// Returns: ENOSYS where this kernel has no timer of that clock.
SysError OpenTimer(TimerClock clock, int* fd);

// Does: replaces the former setting; expirations that were not read are gone. Returns: EINVAL where `fd` is no timer.
SysError SetTimer(int fd, const TimerSetting& setting);

// Does: takes the number of expirations since the last call. Guarantees: none is counted before its time.
// Returns: EAGAIN where there was none, EINVAL where `fd` is no timer.
SysError ReadTimer(int fd, uint64_t* expirations);

// Does: makes a counter. It is readable while it is not 0.
SysError OpenEvent(uint32_t initial, int* fd);

// Returns: EAGAIN where the counter would exceed 2⁶⁴ − 2, EINVAL where `fd` is no event.
SysError AddToEvent(int fd, uint64_t count);

// Does: takes the count, and sets it to 0. Returns: EAGAIN where it is 0, EINVAL where `fd` is no event.
SysError ReadEvent(int fd, uint64_t* count);

// Does: makes a descriptor that is readable once the process `pid` has ended.
// Returns: ESRCH where there is none, ENOSYS where this kernel has no such descriptor.
SysError OpenProcess(int pid, int* fd);

}  // namespace pollux
