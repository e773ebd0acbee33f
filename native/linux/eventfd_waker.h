// Makes a blocked epoll_wait return: an eventfd in the epoll set, edge-triggered.
#pragma once

#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

class EventfdWaker {
 public:
  EventfdWaker() = default;
  ~EventfdWaker();
  EventfdWaker(const EventfdWaker&) = delete;
  EventfdWaker& operator=(const EventfdWaker&) = delete;

  // Creates the eventfd and adds it to `epoll_fd` with `token` as user data.
  SysError Open(int epoll_fd, uint64_t token);
  // True when `fd` is the eventfd, which a user may name by mistake.
  bool Owns(int fd) const { return fd == fd_; }
  // One waiter returns.
  void Wake();
  // Every waiter returns, now and from here on.
  void WakeAllForEver(int epoll_fd, uint64_t token);

 private:
  int fd_ = -1;
};

}  // namespace pollux
