// Which calls of pollux.node are to fail. JavaScript sets the plan, and the interposed functions ask it.
#pragma once

#include <atomic>
#include <cstdint>

namespace faults {

enum Call {
  kEpollCreate1,
  kEpollCtl,
  kEpollWait,
  kEpollPwait2,
  kEventfd,
  kWrite,
  kRead,
  kSocket,
  kAccept4,
  kAccept,
  kSocketpair,
  kPipe2,
  kConnect,
  kOpen,
  kIoctl,
  kInotifyInit1,
  kInotifyInit,
  kTimerfdCreate,
  kPidfdOpen,
  kPthreadCreate,
  kMalloc,
  kCalloc,
  kRealloc,
  kCalls,
};

constexpr const char* kNames[kCalls] = {
    "epoll_create1", "epoll_ctl",      "epoll_wait", "epoll_pwait2",   "eventfd", "write",  "read",    "socket",
    "accept4",       "accept",         "socketpair", "pipe2",          "connect", "open",   "ioctl",   "inotify_init1",
    "inotify_init",  "timerfd_create", "pidfd_open", "pthread_create", "malloc",  "calloc", "realloc",
};

// `times` calls fail with `error`, from the `first`th since clear() on.
struct Plan {
  int first = 0;
  int times = 0;
  int error = 0;
};

constexpr int kMostPlans = 4;

struct CallState {
  int count = 0;
  int plans = 0;
  Plan plan[kMostPlans];
};

extern CallState states[kCalls];

// The addresses that pollux.node is mapped at. Calls from other addresses are passed on.
extern uintptr_t watched_begin;
extern uintptr_t watched_end;

}  // namespace faults
