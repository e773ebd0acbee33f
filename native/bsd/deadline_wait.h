// kevent() against a point in time, as exactly as the kernel can.
#pragma once

#include "kernel_facts.h"

namespace pollux {

// One system call that fetches up to `capacity` records. Returns what kevent returns; 0 may come
// before the deadline.
int WaitUntil(int kqueue_fd, KernelRecord* records, int capacity, int64_t deadline_ns);

}  // namespace pollux
