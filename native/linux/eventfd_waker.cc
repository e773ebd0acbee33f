#include "eventfd_waker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../common/os_calls.h"
#include "../common/retry.h"
#include "refused_call.h"

namespace pollux {

EventfdWaker::~EventfdWaker() {
  if (fd_ >= 0) close(fd_);
  if (is_pipe_) close(write_fd_);
}

SysError EventfdWaker::OpenDescriptor() {
  fd_ = write_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ >= 0) return {};
  const SysError error = {errno, "eventfd"};
  int ends[2];
  if (!IsRefused(error.code) || OpenPipe(ends)) return error;
  fd_ = ends[0];
  write_fd_ = ends[1];
  is_pipe_ = true;
  return {};
}

SysError EventfdWaker::Open(int epoll_fd, uint64_t token) {
  const SysError error = OpenDescriptor();
  if (error) return error;
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = token;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd_, &event) < 0) return {errno, "epoll_ctl"};
  return {};
}

void EventfdWaker::Wake() {
  // Before the write: a waiter that has the record then finds the wake.
  is_pending_.store(true);
  // Every write is an edge, even of a counter that is not zero, so nobody has to read it. A full
  // counter (EAGAIN, after 2^64-2 wakes) means that one is pending.
  const uint64_t one = 1;
  RetryOnSignal([&] { return write(write_fd_, &one, is_pipe_ ? 1 : sizeof one); });
}

bool EventfdWaker::Answer() {
  // Linux 5.5 to 5.13: only the write to an empty pipe is an edge. Before the flag is cleared: the
  // write of a later wake then finds the pipe empty.
  if (is_pipe_) Drain();
  return is_pending_.load() && is_pending_.exchange(false);
}

void EventfdWaker::Drain() {
  char bytes[64];
  while (RetryOnSignal([&] { return read(fd_, bytes, sizeof bytes); }) > 0) {
  }
  // What WakeAllForEver() has written is for every waiter.
  if (is_over_.load()) Wake();
}

void EventfdWaker::WakeAllForEver(int epoll_fd, uint64_t token) {
  is_over_.store(true);
  Wake();
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = token;
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace pollux
