#include "deadline_wait.h"

#include "../common/clock.h"

namespace pollux {

int WaitUntil(int kqueue_fd, KernelRecord* records, int capacity, int64_t deadline_ns) {
  if (deadline_ns == kNever) return kevent(kqueue_fd, nullptr, 0, records, capacity, nullptr);
  constexpr int64_t kNsPerSecond = 1000000000;
  int64_t timeout_ns = deadline_ns == kPollOnly ? 0 : deadline_ns - NowNs();
  if (timeout_ns < 0) timeout_ns = 0;
  if (timeout_ns > kMostTimeoutNs) timeout_ns = kMostTimeoutNs;
  timespec timeout = {};
  timeout.tv_sec = static_cast<decltype(timeout.tv_sec)>(timeout_ns / kNsPerSecond);
  timeout.tv_nsec = static_cast<decltype(timeout.tv_nsec)>(timeout_ns % kNsPerSecond);
  return kevent(kqueue_fd, nullptr, 0, records, capacity, &timeout);
}

}  // namespace pollux
