// What the kernel does not keep of a source: the schedule of a timer, the count of an event.
#pragma once

#include <pthread.h>

#include <cstdint>

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

enum class SourceKind { kTimer, kEvent };

struct Source {
  SourceKind kind;
  // kTimer. `deadline_ns` is a point of CLOCK_REALTIME or CLOCK_MONOTONIC; kNever: the timer is disarmed.
  bool is_realtime;          // the timer's clock
  bool is_deadline_of_wall;  // a time of day moves when the clock is set, a length does not
  int64_t deadline_ns;
  int64_t period_ns;  // 0: once
  // kEvent
  uint64_t count;
  bool has_user_filter;

  // The ident of a knote that only the kqueue of this source has. It identifies the source, because the number of a
  // descriptor may be used again and a duplicate has another number.
  uintptr_t mark;
  int fd;  // the number that the source was last found by
};

// Makes one change. Returns: the error of the change.
SysError MakeOneChange(int kqueue_fd, const KernelRecord& change);

// The sources of this process, which all threads share, for as long as the object lives.
class LockedSources {
 public:
  LockedSources();
  ~LockedSources();
  LockedSources(const LockedSources&) = delete;
  LockedSources& operator=(const LockedSources&) = delete;

  // Does: adds `source`, of the kqueue `fd`, and marks the kqueue.
  SysError Add(int fd, const Source& source);
  // Does: finds the source that `fd` is. Returns: EINVAL where it is none of that kind, EBADF where it is not open.
  SysError Find(int fd, SourceKind kind, Source** source);
};

}  // namespace pollux
