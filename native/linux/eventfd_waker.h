// Makes a blocked epoll_wait return: an eventfd in the epoll set, edge-triggered; a pipe where the
// kernel or a sandbox refuses eventfd(2).
#pragma once

#include <atomic>
#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

class EventfdWaker {
 public:
  EventfdWaker() = default;
  ~EventfdWaker();
  EventfdWaker(const EventfdWaker&) = delete;
  EventfdWaker& operator=(const EventfdWaker&) = delete;

  // Creates the descriptor and adds it to `epoll_fd` with `token` as user data.
  SysError Open(int epoll_fd, uint64_t token);
  // True when `fd` is the waker's, which a user may name by mistake.
  bool Owns(int fd) const { return fd == fd_ || (is_pipe_ && fd == write_fd_); }
  // One waiter returns.
  void Wake();
  // To be called by a waiter that has the waker's record, or has no room for it. True: a wake is
  // pending, which is this waiter's now. The record of an answered wake may come later.
  bool Answer();
  // Every waiter returns, now and from here on.
  void WakeAllForEver(int epoll_fd, uint64_t token);

 private:
  SysError OpenDescriptor();
  void Drain();

  int fd_ = -1;
  int write_fd_ = -1;  // the same, or the pipe's other end
  bool is_pipe_ = false;
  std::atomic<bool> is_pending_{false};
  std::atomic<bool> is_over_{false};
};

}  // namespace pollux
