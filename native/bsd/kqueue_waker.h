// What makes a blocked thread return: the waker of a poller ends kevent(), the recall of a lookout ends poll(2).
#pragma once

#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

// A pipe, close-on-exec and non-blocking, that is readable from Set() until Clear().
class Signal {
 public:
  Signal() = default;
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  SysError Open();
  void Set() const;
  void Clear() const;

  bool is_open() const { return ends_[0] >= 0; }
  int fd() const { return ends_[0]; }
  bool Owns(int fd) const { return fd >= 0 && (fd == ends_[0] || fd == ends_[1]); }

 private:
  int ends_[2] = {-1, -1};
};

// EVFILT_USER where the kernel has it, a signal in the kqueue elsewhere. Clear-mode, so that a wake is one record: it
// goes to one thread, as epoll's edge-triggered eventfd.
class KqueueWaker {
 public:
  // Adds a waker to `kqueue_fd` whose records have `token` as user data.
  SysError Open(int kqueue_fd, uintptr_t token);
  // Makes one waiting thread return.
  void Wake();
  // To be called for each record of the waker.
  void Answer();

  // Whether `fd` is one of the waker's own.
  bool Owns(int fd) const { return signal_.Owns(fd); }

 private:
  int kqueue_fd_ = -1;
  uintptr_t token_ = 0;
  Signal signal_;  // not open: EVFILT_USER
};

// What a thread waits on that only finds out whether there is an event.
struct Lookout {
  SysError Open() { return recall.Open(); }
  // Blocks until `kqueue_fd` has records, or the recall is set. poll(2) of a kqueue takes no record.
  SysError Watch(int kqueue_fd) const;

  Signal recall;
};

}  // namespace pollux
