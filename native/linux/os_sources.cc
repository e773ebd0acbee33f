// Timers, events and processes as descriptors, on Linux: timerfd_create(2), eventfd(2), pidfd_open(2).
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../common/os_calls.h"
#include "../common/retry.h"
#include "../common/source_calls.h"

// The same number on every architecture; the headers of a C library may be older than the call (Linux 5.3).
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

namespace pollux {
namespace {

constexpr clockid_t kClocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};

// The C libraries of 32-bit processors may count seconds in 32 bits: a time that is farther away is cut to the longest
// that they can express.
constexpr int64_t kMostSeconds = sizeof(time_t) > 4 ? INT64_MAX : INT32_MAX;

timespec ToKernel(TimeParts time) {
  timespec result = {};
  result.tv_sec = static_cast<time_t>(time.seconds < kMostSeconds ? time.seconds : kMostSeconds);
  result.tv_nsec = time.nanoseconds;
  return result;
}

SysError CheckTimer(int fd) {
  itimerspec setting;
  return timerfd_gettime(fd, &setting) < 0 ? SysError{errno, "timerfd_gettime"} : SysError{};
}

// eventfd(2) is used by read(2) and write(2), which a file of any other kind takes too: it must not lose or get eight
// bytes. Of the kernel's other objects, a timerfd gives eight bytes to a reader.
SysError CheckEvent(int fd, const char* syscall) {
  FileKind kind = FileKind::kKernelObject;
  const SysError error = FindKind(fd, &kind);
  if (error) return {error.code, syscall};
  return kind == FileKind::kKernelObject && CheckTimer(fd) ? SysError{} : SysError{EINVAL, syscall};
}

SysError ReadCount(int fd, uint64_t* count) {
  uint64_t found = 0;
  const ssize_t length = RetryOnSignal([&] { return read(fd, &found, sizeof found); });
  if (length < 0) return {errno, "read"};
  if (length != sizeof found) return {EINVAL, "read"};
  *count = found;
  return {};
}

}  // namespace

SysError OpenTimer(TimerClock clock, int* fd) {
  const int opened = timerfd_create(kClocks[static_cast<int>(clock)], TFD_NONBLOCK | TFD_CLOEXEC);
  if (opened < 0) {
    // timerfd_create(2): CLOCK_BOOTTIME since Linux 3.15, EINVAL before.
    const bool is_lacking = errno == EINVAL && clock == TimerClock::kBootTime;
    return {is_lacking ? ENOSYS : errno, "timerfd_create"};
  }
  *fd = opened;
  return {};
}

SysError SetTimer(int fd, const TimerSetting& setting) {
  itimerspec wanted = {};
  wanted.it_value = ToKernel(setting.first);
  wanted.it_interval = ToKernel(setting.period);
  const int flags = setting.is_absolute ? TFD_TIMER_ABSTIME : 0;
  return timerfd_settime(fd, flags, &wanted, nullptr) < 0 ? SysError{errno, "timerfd_settime"} : SysError{};
}

SysError ReadTimer(int fd, uint64_t* expirations) {
  const SysError error = CheckTimer(fd);
  return error ? error : ReadCount(fd, expirations);
}

SysError OpenEvent(uint32_t initial, int* fd) {
  const int opened = eventfd(initial, EFD_NONBLOCK | EFD_CLOEXEC);
  if (opened < 0) return {errno, "eventfd"};
  *fd = opened;
  return {};
}

SysError AddToEvent(int fd, uint64_t count) {
  const SysError error = CheckEvent(fd, "write");
  if (error) return error;
  const ssize_t length = RetryOnSignal([&] { return write(fd, &count, sizeof count); });
  return length < 0 ? SysError{errno, "write"} : SysError{};
}

SysError ReadEvent(int fd, uint64_t* count) {
  const SysError error = CheckEvent(fd, "read");
  return error ? error : ReadCount(fd, count);
}

SysError OpenProcess(int pid, int* fd) {
  const long opened = syscall(SYS_pidfd_open, pid, 0);
  if (opened < 0) return {errno, "pidfd_open"};
  *fd = static_cast<int>(opened);
  return {};
}

}  // namespace pollux
