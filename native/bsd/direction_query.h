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
  DirectionState Ask(int fd, int filter, bool is_one_way);

  bool Owns(int fd) const { return fd == kqueue_.fd(); }

 private:
  Mutex mutex_;
  KqueueDescriptor kqueue_;
};

}  // namespace pollux
