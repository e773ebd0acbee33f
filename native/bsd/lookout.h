// What ends a LookOut(): a pipe.
#pragma once

#include "../common/sys_error.h"

namespace pollux {

struct Lookout {
  Lookout() = default;
  ~Lookout();
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  SysError Open();
  // Blocks until `kqueue_fd` has records, or Ring(). poll(2) of a kqueue takes none.
  SysError Watch(int kqueue_fd) const;
  void Ring() const;
  void Drain() const;

  int pipe[2] = {-1, -1};
};

}  // namespace pollux
