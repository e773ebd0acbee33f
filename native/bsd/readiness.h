// The state of one descriptor as kernel records show it, and what it means in readiness bits.
#pragma once

#include "../common/mutex.h"
#include "../common/registry.h"
#include "change_list.h"

namespace pollux {

struct DirectionState {
  bool known;  // false: the kernel did not say
  bool ready;
  bool ended;  // EV_EOF
  int error;   // the pending error that came with it; 0: none
};

// Asks one filter about a descriptor without a registration: a kqueue of its own consumes nothing and wakes nobody.
class DirectionQuery {
 public:
  SysError Open() { return kqueue_.Open(); }

  // `is_one_way`: a pipe or FIFO, of which a kernel may say by an errno that its other end is gone.
  // EVFILT_EXCEPT is asked about urgent data, and is ready for nothing else.
  DirectionState Ask(int fd, int filter, bool is_one_way);

  // Whether the kernel would report neither room to write nor the end to a registration with these flags: NetBSD for
  // the write end of a FIFO.
  bool IsDeaf(int fd, uint32_t flags);

  // 0, or the error of adding `fd` to a kqueue.
  int TryToAdd(int fd);

  bool Owns(int fd) const { return fd == kqueue_.fd(); }

 private:
  // Whether the kernel calls the write end of a FIFO ended while poll(2) knows of a reader: NetBSD attaches
  // EVFILT_WRITE to the socket of the readers (fifo_vnops.c, fifo_kqfilter), where it reports neither room nor the end.
  bool IsMistaken(int fd);

  Mutex mutex_;
  KqueueDescriptor kqueue_;
};

// The records of one descriptor in one batch, merged. Filters are named by the interest that they
// serve: kReadable, kWritable, kPriority.
struct DescriptorState {
  int fd;
  Registration registration;
  uint32_t reported;  // filters whose knotes are in the batch
  uint32_t seen;      // of these, those that were asked for: true now
  uint32_t ended;     // of these, with EV_EOF
  bool error;         // one of them carried a pending error
  bool doubtful;      // readable without data and without end: a datagram of no bytes, or an error
  bool updated;       // has records that were not made an event yet
  bool in_batch;      // has an event in the batch

  // False when the batch had a record of this filter already.
  bool Merge(const KernelRecord& record);
};

// Asks the kernel for what the records of `state` leave open: the other direction, where one has ended or the event is
// to show both, and a pending error. `is_partial`: the kernel may have more records.
void Complete(DescriptorState& state, bool is_partial, DirectionQuery& query);

// The readiness that a registration with `flags` reports for `state`; 0: nothing that it asked for.
uint32_t FromKernel(const DescriptorState& state, uint32_t flags);

}  // namespace pollux
