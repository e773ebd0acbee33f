// Time in nanoseconds. A deadline is a point of CLOCK_MONOTONIC.
#pragma once

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <cstdint>

namespace pollux {

constexpr int64_t kPollOnly = 0;       // do not block
constexpr int64_t kNever = INT64_MAX;  // block until an event

inline int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Sleeps for `length_ns`, less than a second; a signal may end the sleep.
inline void SleepNs(int64_t length_ns) {
  timespec length = {};
  length.tv_nsec = static_cast<decltype(length.tv_nsec)>(length_ns);
  // A sandbox may refuse nanosleep(2).
  if (nanosleep(&length, nullptr) < 0 && errno != EINTR) poll(nullptr, 0, 1);
}

}  // namespace pollux
