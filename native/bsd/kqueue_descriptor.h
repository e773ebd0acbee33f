// A kqueue, closed with the object.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

class KqueueDescriptor {
 public:
  KqueueDescriptor() = default;
  ~KqueueDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  KqueueDescriptor(const KqueueDescriptor&) = delete;
  KqueueDescriptor& operator=(const KqueueDescriptor&) = delete;

  SysError Open() {
    fd_ = kqueue();
    if (fd_ < 0) return {errno, "kqueue"};
    // kqueue(2): a child of fork() does not inherit it, so there is no gap to close.
    if (fcntl(fd_, F_SETFD, FD_CLOEXEC) < 0) return {errno, "fcntl"};
    return {};
  }

  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace pollux
