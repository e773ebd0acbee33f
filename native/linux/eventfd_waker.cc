#include "eventfd_waker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pollux {

EventfdWaker::~EventfdWaker() {
  if (fd_ >= 0) close(fd_);
}

SysError EventfdWaker::Open(int epoll_fd, uint64_t token) {
  fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ < 0) return {errno, "eventfd"};
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = token;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd_, &event) < 0) return {errno, "epoll_ctl"};
  return {};
}

void EventfdWaker::Wake() {
  // Every write is an edge, even of a counter that is not zero, so nobody has to read it. A full
  // counter (EAGAIN, after 2^64-2 wakes) means that one is pending.
  const uint64_t one = 1;
  while (write(fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EventfdWaker::WakeAllForEver(int epoll_fd, uint64_t token) {
  Wake();
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = token;
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace pollux
