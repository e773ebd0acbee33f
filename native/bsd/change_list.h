// A kqueue, and the changes to the knotes of one descriptor that one kevent() call makes.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

// A kqueue, closed with the object.
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

// Changes to the knotes of one descriptor.
class ChangeList {
 public:
  static constexpr int kMost = 6;

  explicit ChangeList(int fd) : fd_(fd) {}

  void Append(int filter, uint32_t flags, uintptr_t udata);

  // Applies all changes; one that fails does not stop the others. Guarantees: when the call as a whole
  // fails, nothing has been changed.
  SysError Apply(int kqueue_fd);

  int size() const { return size_; }
  // The errno of one change after Apply(); 0: done.
  int result(int index) const { return results_[index]; }
  // Whether a signal interrupted the call, so that the changes may have been applied twice.
  bool is_repeated() const { return is_repeated_; }

 private:
  const int fd_;
  int size_ = 0;
  bool is_repeated_ = false;
  KernelRecord changes_[kMost];
  int results_[kMost];
};

}  // namespace pollux
