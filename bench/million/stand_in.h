// What stands in for the kernel's calls of a poller, counts them, and costs next to nothing: a poller can then have
// more descriptors than the system's limit allows, and what is measured is the poller alone.
//
// The linker leads the calls here (--wrap). Until Begin() they go to the kernel, counted as well. epoll_stand_in.cc and
// kqueue_stand_in.cc define the functions of one kernel each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stand_in {

struct Counts {
  int64_t changes = 0;  // epoll_ctl(2), or kevent(2) with changes
  int64_t waits = 0;    // epoll_wait(2), or kevent(2) without
  int64_t other = 0;    // fcntl(2), fstat(2)
  int64_t bytes = 0;    // what malloc(3) and calloc(3) gave, and nobody has freed
};

extern Counts counts;
extern bool stands_in;

// Does: from now on every change succeeds, and no call reaches the kernel.
void Begin();

// Does: from now on the user data of each descriptor below `end` that is added is remembered; 0: not any more, and what
// is remembered stays.
void Capture(int end);

// Records of the kernel: batches of `size` descriptors that are readable, one after the other. They are made of what
// was captured.
struct Batches;
Batches* MakeBatches(const int* fds, size_t count, int size);

// Does: each wait returns the next of the batches, without end.
void Report(const Batches* batches);

}  // namespace stand_in
