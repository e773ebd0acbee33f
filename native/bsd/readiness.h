// The state of one descriptor as kernel records show it, and what it means in readiness bits.
#pragma once

#include "../common/registry.h"
#include "direction_query.h"

namespace pollux {

// The records of one descriptor in one batch, merged. Filters are named by the interest that they
// serve: kReadable, kWritable, kPriority.
struct DescriptorState {
  int fd;
  Registration registration;
  uint32_t reported;  // filters whose knotes are in the batch
  uint32_t seen;      // the same and what was asked for: true now
  uint32_t ended;     // of these, with EV_EOF
  bool error;         // one of them carried a pending error
  bool doubtful;      // readable without data and without end: a datagram of no bytes, or an error
  bool updated;       // has records that were not made an event yet
  bool in_batch;      // has an event in the batch

  // False when the batch had a record of this filter already.
  bool Merge(const KernelRecord& record);
};

// Completes `state` by what its records leave open: the other direction, where one has ended or
// where the event is to show it, and a pending error. `is_partial`: the kernel may have more records.
void Complete(DescriptorState& state, bool is_partial, DirectionQuery& query);

// The event of a registration that wants `flags`; 0: nothing that it asked for.
uint32_t FromKernel(const DescriptorState& state, uint32_t flags);

}  // namespace pollux
