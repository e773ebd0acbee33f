// Deadlines: points of CLOCK_MONOTONIC in nanoseconds.
#pragma once

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

}  // namespace pollux
