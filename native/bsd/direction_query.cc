#include "direction_query.h"

#include <poll.h>

namespace pollux {

DirectionState DirectionQuery::Ask(int fd, int filter, bool is_one_way) {
  const auto ident = static_cast<uintptr_t>(fd);
  const bool is_except = filter == kExceptFilter;
  const KernelRecord add = MakeChange(ident, filter, EV_ADD | EV_ONESHOT, is_except ? kUrgent : 0, 0);
  const timespec at_once = {0, 0};
  KernelRecord answer;
  MutexLock lock(mutex_);
  const int count = kevent(kqueue_.fd(), &add, 1, &answer, 1, &at_once);
  if (count == 1) {
    if (answer.flags & EV_ERROR) {
      // EBADF says both that a pipe is broken and that another thread has closed the descriptor.
      const bool is_broken = is_one_way && IsBrokenPipe(static_cast<int>(answer.data)) && fcntl(fd, F_GETFD) >= 0;
      return {is_broken, is_broken, is_broken, 0};
    }
    if (is_except) return {true, (answer.fflags & kUrgent) != 0, false, 0};
    const bool ended = (answer.flags & EV_EOF) != 0;
    return {true, true, ended, ended ? static_cast<int>(answer.fflags) : 0};
  }
  // EV_ONESHOT takes a knote away with its record only.
  const KernelRecord remove = MakeChange(ident, filter, EV_DELETE, 0, 0);
  kevent(kqueue_.fd(), &remove, 1, &answer, 1, &at_once);
  return {count == 0, false, false, 0};
}

bool DirectionQuery::IsMistaken(int fd) {
  // Twice, because a reader may come between the questions.
  for (int i = 0; i < 2; i++) {
    if (!Ask(fd, kWriteFilter, true).ended) return false;
    pollfd entry = {fd, POLLOUT, 0};
    if (poll(&entry, 1, 0) < 0 || (entry.revents & (POLLHUP | POLLERR | POLLNVAL))) return false;
  }
  return true;
}

}  // namespace pollux
