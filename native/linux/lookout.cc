#include "lookout.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../common/retry.h"

namespace pollux {

// The close takes the record out of the epoll set: no duplicate of the eventfd exists.
Lookout::~Lookout() {
  if (fd >= 0) close(fd);
}

SysError Lookout::Open(int epoll_fd) {
  fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return {errno, "eventfd"};
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint32_t>(fd);
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) return {errno, "epoll_ctl"};
  return {};
}

void Lookout::Ring() {
  const uint64_t one = 1;
  RetryOnSignal([&] { return write(fd, &one, sizeof one); });
}

void Lookout::Drain() {
  uint64_t count = 0;
  RetryOnSignal([&] { return read(fd, &count, sizeof count); });
}

void Lookouts::Remove(Lookout* lookout) {
  Lookout** link = &first_;
  while (*link != nullptr && *link != lookout) link = &(*link)->next;
  if (*link == lookout) *link = lookout->next;
}

bool Lookouts::Own(int fd) const {
  for (const Lookout* lookout = first_; lookout != nullptr; lookout = lookout->next) {
    if (lookout->fd == fd) return true;
  }
  return false;
}

}  // namespace pollux
