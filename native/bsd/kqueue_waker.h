// Makes a blocked kevent() return: EVFILT_USER where the kernel has it, a pipe elsewhere.
#pragma once

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

class KqueueWaker {
 public:
  KqueueWaker() = default;
  ~KqueueWaker();
  KqueueWaker(const KqueueWaker&) = delete;
  KqueueWaker& operator=(const KqueueWaker&) = delete;

  // Adds a waker to `kqueue_fd` whose records have `token` as user data.
  SysError Open(int kqueue_fd, uintptr_t token);
  // One waiter returns.
  void Wake();
  // To be called for each record of the waker.
  void Answer();

  // Whether `fd` is one of the waker's own.
  bool Owns(int fd) const { return fd == pipe_[0] || fd == pipe_[1]; }

 private:
  SysError OpenPipe();

  int kqueue_fd_ = -1;
  uintptr_t token_ = 0;
  int pipe_[2] = {-1, -1};  // −1: EVFILT_USER
};

}  // namespace pollux
