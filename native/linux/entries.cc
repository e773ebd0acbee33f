#include <errno.h>
#include <sys/epoll.h>

#include "../common/clock.h"
#include "entries.h"

namespace pollux {
namespace {

constexpr int64_t kMsInNs = 1000000;

// Puts an entry back whose replacement failed. The deletion has just given back the memory and the watch that the entry
// needs, so that ENOMEM and ENOSPC pass, unless other threads take all of it.
SysError Restore(int epoll_fd, int fd, Registration former) {
  constexpr int kTriesAtOnce = 16;
  constexpr int kTries = 32;
  for (int tried = 1;; tried++) {
    const SysError error = Control(epoll_fd, EPOLL_CTL_ADD, fd, former);
    if (!error || IsGone(error) || tried == kTries) return error;
    if (tried >= kTriesAtOnce) SleepNs(kMsInNs);
  }
}

}  // namespace

uint32_t ToKernel(uint32_t flags) {
  // epoll reports EPOLLHUP and EPOLLERR unasked, over and over. A oneshot entry without bits keeps its place in the
  // kernel's table and can report once at most.
  if ((flags & kAskable) == 0) return EPOLLONESHOT;
  uint32_t events = 0;
  if (flags & kReadable) events |= EPOLLIN | EPOLLRDHUP;
  if (flags & kWritable) events |= EPOLLOUT;
  if (flags & kPriority) events |= EPOLLPRI;
  if (flags & kReadClosed) events |= EPOLLRDHUP;
  if (flags & kEdge) events |= EPOLLET;
  if (flags & kOneshot) events |= EPOLLONESHOT;
  // epoll_ctl(2): EPOLLEXCLUSIVE goes with IN, OUT, ERR, HUP, WAKEUP and ET only.
  if (flags & kExclusive) events = (events & ~EPOLLRDHUP) | EPOLLEXCLUSIVE;
  return events;
}

SysError Control(int epoll_fd, int operation, int fd, Registration registration) {
  const uint32_t flags = registration.flags;
  epoll_event event = {};
  event.events = ToKernel(flags);
  event.data.u64 = Pack({fd, flags, registration.generation, flags & kParity});
  if (epoll_ctl(epoll_fd, operation, fd, &event) < 0) return {errno, "epoll_ctl"};
  return {};
}

SysError ReplaceEntry(int epoll_fd, int fd, Registration from, Registration to, bool* lost) {
  // epoll_ctl(2): EPOLL_CTL_MOD neither modifies an EPOLLEXCLUSIVE entry nor makes one.
  const bool is_modified = !IsExclusive(from.flags) && !IsExclusive(to.flags);
  SysError error = is_modified ? Control(epoll_fd, EPOLL_CTL_MOD, fd, to) : Control(epoll_fd, EPOLL_CTL_DEL, fd, from);
  // EINVAL: the number now belongs to the poller itself.
  *lost = error.code == EINVAL;
  if (error || is_modified) return error;
  error = Control(epoll_fd, EPOLL_CTL_ADD, fd, to);
  if (error) *lost = static_cast<bool>(Restore(epoll_fd, fd, from));
  return error;
}

SysError ProbeExclusive(int epoll_fd, int fd, Registration now) {
  const Registration paused = {now.generation, kRegistered};
  // EINVAL: the entry is there and cannot be modified. Modifying an entry that is paused leaves it as it was.
  const SysError error = Control(epoll_fd, EPOLL_CTL_MOD, fd, paused);
  // Any other failure says nothing about the registration.
  if (error.code != EINVAL) return IsGone(error) ? error : SysError{};
  // EINVAL of every operation: the number now belongs to the poller itself.
  const SysError again = Control(epoll_fd, EPOLL_CTL_ADD, fd, paused);
  if (!again) {
    Control(epoll_fd, EPOLL_CTL_DEL, fd, paused);
    return {ENOENT, "epoll_ctl"};
  }
  return IsGone(again) || again.code == EINVAL ? again : SysError{};
}

}  // namespace pollux
