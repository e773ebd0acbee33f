// What makes a blocked epoll_wait return: the waker of a poller, and the recall of a lookout.
#pragma once

#include <atomic>
#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

// A descriptor that is readable from Set() until Clear(): an eventfd, or a pipe where the kernel or a sandbox refuses
// eventfd(2).
class Signal {
 public:
  Signal() = default;
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  SysError Open();
  void Set();
  void Clear();

  int fd() const { return fd_; }
  bool is_pipe() const { return fd_ != write_fd_; }
  bool Owns(int fd) const { return fd >= 0 && (fd == fd_ || fd == write_fd_); }

 private:
  int fd_ = -1;
  int write_fd_ = -1;  // the same, or the pipe's other end
};

// A signal in the epoll set, edge-triggered.
class EpollWaker {
 public:
  // Opens the signal and adds it to `epoll_fd` with `token` as user data.
  SysError Open(int epoll_fd, uint64_t token);
  // Whether `fd` is one of the waker's descriptors, which a user may name by mistake.
  bool Owns(int fd) const { return signal_.Owns(fd); }
  // Makes one waiting thread return.
  void Wake();
  // A thread calls this when it has the waker's record, or can get none. True: a wake was pending, and this
  // thread has taken it. The record of an answered wake may come later.
  bool Answer();
  // A thread calls this when it has taken the waker's record and answers no wake: another thread gets a record of the
  // wake that is pending. False: none is.
  bool PassOn();

 private:
  Signal signal_;
  std::atomic<bool> is_pending_{false};
};

// What ends a LookOut(): a signal in the epoll set, level-triggered.
struct Lookout {
  // Opens the signal and adds it to `epoll_fd`, with its own number as user data. Closing the signal takes it out of
  // the set, because its descriptor has no duplicate.
  SysError Open(int epoll_fd);

  Signal recall;
  Lookout* next = nullptr;
};

// The lookouts of one poller. The caller holds the mutex of the poller's registry around every call.
class Lookouts {
 public:
  void Insert(Lookout* lookout) {
    lookout->next = first_;
    first_ = lookout;
  }
  void Remove(Lookout* lookout);
  // Whether `fd` is a descriptor of a lookout, which a user may name by mistake.
  bool Own(int fd) const {
    const Lookout* lookout = first_;
    while (lookout != nullptr && !lookout->recall.Owns(fd)) lookout = lookout->next;
    return lookout != nullptr;
  }

 private:
  Lookout* first_ = nullptr;
};

}  // namespace pollux
