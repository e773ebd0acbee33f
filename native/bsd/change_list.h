// Changes to the knotes of one descriptor, applied in one kevent() call.
#pragma once

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

class ChangeList {
 public:
  static constexpr int kMost = 6;

  explicit ChangeList(int fd) : fd_(fd) {}

  void Append(int filter, uint32_t flags, uintptr_t udata);

  // Applies the changes, each whatever becomes of the others. Guarantees: when the call as a whole
  // fails, nothing has been changed.
  SysError Apply(int kqueue_fd);

  int size() const { return size_; }
  // The errno of one change after Apply(); 0: done.
  int result(int index) const { return results_[index]; }
  // Whether the changes may have been applied before those that were answered for.
  bool is_repeated() const { return is_repeated_; }

 private:
  const int fd_;
  int size_ = 0;
  bool is_repeated_ = false;
  KernelRecord changes_[kMost];
  int results_[kMost];
};

}  // namespace pollux
