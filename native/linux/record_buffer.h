// The records of epoll_wait(2), and the events that they become.
#pragma once

#include <sys/epoll.h>

#include "../common/backend.h"
#include "entries.h"
#include "epoll_waker.h"

namespace pollux {

struct RecordBuffer {
  int capacity;
  Prefetching prefetching;
  epoll_event records[];
};

// The readiness that the kernel's `events` mean to a registration for `interest`, which has bits of kAskable only.
uint32_t FromKernel(uint32_t events, uint32_t interest);

// One turn through the kernel's queue. epoll serves its entries in turn: what is ready may queue behind a batch full of
// stale records, until a record that was seen comes again. The record to compare with is replaced at each power of two,
// because a stale record may come only once (edge-triggered, or paused).
class Round {
 public:
  // True when `data` shows that the queue has come round. The next round begins with that record.
  bool IsOver(uint64_t data);

 private:
  uint64_t mark_ = kWakerToken;  // none
  uint32_t seen_ = 0;
  uint32_t next_ = 1;
};

// Makes events of the first `records` records of `buffer`, after those that `result` counts. `is_further`: the batch
// may have an event of the same descriptor already; both are then one event. True: the queue has come round.
bool Decode(EpollWaker& waker, Registry& registry, RecordBuffer* buffer, int records, bool is_further, Round* round,
            Event* events, WaitResult* result);

}  // namespace pollux
