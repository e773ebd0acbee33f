// What one filter says of a descriptor now, without a registration: from a kqueue of its own, so that
// nothing is consumed and nobody is woken.
#pragma once

#include "../common/mutex.h"
#include "kqueue_descriptor.h"

namespace pollux {

struct DirectionState {
  bool known;  // false: the kernel did not say
  bool ready;
  bool ended;  // EV_EOF
  int error;   // the pending error that came with it; 0: none
};

class DirectionQuery {
 public:
  SysError Open() { return kqueue_.Open(); }

  // `is_one_way`: a pipe or FIFO, of which a kernel may say by an errno that its other end is gone.
  // EVFILT_EXCEPT is asked about urgent data, and is ready for nothing else.
  DirectionState Ask(int fd, int filter, bool is_one_way);

  // Whether the kernel calls the write end of a FIFO ended while poll(2) knows of a reader: NetBSD
  // attaches EVFILT_WRITE to the socket of the readers (fifo_vnops.c, fifo_kqfilter), where it tells
  // neither of room nor of the end.
  bool IsMistaken(int fd);

  bool Owns(int fd) const { return fd == kqueue_.fd(); }

 private:
  Mutex mutex_;
  KqueueDescriptor kqueue_;
};

}  // namespace pollux
