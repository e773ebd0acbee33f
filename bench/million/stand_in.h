// What stands in for the kernel's calls of a poller, counts them, and costs next to nothing: a poller can then have
// more descriptors than the system's limit allows, and what is measured is the poller alone.
//
// The linker leads the calls here (--wrap). Until Begin() they go to the kernel, counted as well.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>

namespace stand_in {

struct Counts {
  int64_t added = 0;
  int64_t modified = 0;
  int64_t removed = 0;
  int64_t waits = 0;
  int64_t other = 0;  // fcntl(2)
  int64_t bytes = 0;  // what malloc(3) and calloc(3) gave, and nobody has freed
};

extern Counts counts;

// Does: from now on every epoll_ctl(2) succeeds, and no call reaches the kernel.
void Begin();

// Does: from now on each epoll_ctl(2) for a descriptor below `end` leaves its event at `entries[fd]`; nullptr: no more.
void Capture(epoll_event* entries, int end);

// Does: each wait returns the next of `batches` batches of `size` records, without end. The records are not copied.
void Report(const epoll_event* records, int size, int batches);

}  // namespace stand_in
