#include "readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "registration.h"

namespace pollux {
namespace {

constexpr uint32_t kDirections = kReadable | kWritable;

int FilterFor(uint32_t direction) { return direction == kReadable ? kReadFilter : kWriteFilter; }

// The directions whose state the event shows.
uint32_t ShownDirections(uint32_t flags) {
  uint32_t shown = flags & kDirections;
  // Only EVFILT_READ reports the end of the peer, and on OpenBSD the end of a terminal.
  if (flags & (kReadClosed | kDevice)) shown |= kReadable;
  // The read end of a FIFO is never writable; that of a pipe is writable only on kernels where it is O_RDWR.
  return flags & kReadOnly ? shown & ~kWritable : shown;
}

void Ask(DescriptorState& state, uint32_t direction, DirectionQuery& query) {
  const bool is_one_way = IsOneWay(state.registration.flags);
  const DirectionState answer = query.Ask(state.fd, FilterFor(direction), is_one_way);
  if (answer.ready) state.seen |= direction;
  if (answer.ended) state.ended |= direction;
  if (answer.error != 0) state.error = true;
}

// A knote keeps EV_EOF although the other end was opened again: of a FIFO on FreeBSD 12 and older (sys_pipe.c,
// filt_piperead), of a terminal on FreeBSD (tty_pts.c, ptsdev_kqfilter) and macOS (XNU bsd/kern/tty_ptmx.c and tty.c).
// A new knote does not have it.
void ConfirmEnd(DescriptorState& state, uint32_t direction, DirectionQuery& query) {
  const uint32_t flags = state.registration.flags;
  const DirectionState answer = query.Ask(state.fd, FilterFor(direction), IsOneWay(flags));
  if (answer.ended || !answer.known) return;
  state.ended = IsOneWay(flags) ? 0 : state.ended & ~direction;
  if (!answer.ready) state.seen &= ~direction;
}

void ConfirmEnds(DescriptorState& state, DirectionQuery& query) {
  const uint32_t flags = state.registration.flags;
  if (IsOneWay(flags)) {
    ConfirmEnd(state, IsWriteEnd(flags) ? kWritable : kReadable, query);
    return;
  }
  if (state.ended & kReadable) ConfirmEnd(state, kReadable, query);
  if (state.ended & kWritable) ConfirmEnd(state, kWritable, query);
}

// 4.4BSD soreceive() and its descendants report so_error to a reader that peeks, and keep it.
bool HasPendingError(int fd) {
  char byte;
  if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) return false;
  // EBADF, ENOTSOCK: another thread has closed the descriptor, and its number may be in use again.
  return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOTCONN && errno != EINVAL &&
         errno != EBADF && errno != ENOTSOCK;
}

// The filter goes on reporting NOTE_OOB after the byte was read (XNU and OpenBSD, uipc_socket.c).
bool HasUrgentData(int fd, DirectionQuery& query) {
  char byte;
  if (recv(fd, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) >= 0) return true;
  // EAGAIN: the byte is announced and has not arrived yet. ENOTSOCK: there is no way to find out.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTSOCK) return true;
  int is_inline = 0;
  socklen_t size = sizeof is_inline;
  getsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &is_inline, &size);
  int unread = 0;
  if (is_inline == 0 || ioctl(fd, FIONREAD, &unread) != 0 || unread == 0) return false;
  // With SO_OOBINLINE the urgent byte is read with the others. The filter knows the mark, and says whether the byte is
  // still ahead.
  return query.Ask(fd, kExceptFilter, false).ready;
}

}  // namespace

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
  // The kernel deletes a knote with EV_ONESHOT only when it delivers the record.
  const KernelRecord remove = MakeChange(ident, filter, EV_DELETE, 0, 0);
  kevent(kqueue_.fd(), &remove, 1, &answer, 1, &at_once);
  return {count == 0, false, false, 0};
}

bool DirectionQuery::IsDeaf(int fd, uint32_t flags) {
  const bool writes = (flags & kWriteOnly) || ((flags & kWritable) && (flags & kReadOnly) == 0);
  return writes && IsOneWay(flags) && IsMistaken(fd);
}

int DirectionQuery::TryToAdd(int fd) {
  // The write end of a FIFO has no EVFILT_READ on OpenBSD (fifo_vnops.c, fifo_kqfilter), a kqueue no EVFILT_WRITE.
  constexpr int kEither[] = {kWriteFilter, kReadFilter};
  int error = 0;
  MutexLock lock(mutex_);
  for (const int filter : kEither) {
    const auto ident = static_cast<uintptr_t>(fd);
    const timespec at_once = {0, 0};
    const KernelRecord add = MakeChange(ident, filter, EV_ADD | EV_DISABLE, 0, 0);
    if (kevent(kqueue_.fd(), &add, 1, nullptr, 0, &at_once) == 0) {
      const KernelRecord remove = MakeChange(ident, filter, EV_DELETE, 0, 0);
      kevent(kqueue_.fd(), &remove, 1, nullptr, 0, &at_once);
      return 0;
    }
    error = errno;
  }
  return error;
}

bool DirectionQuery::IsMistaken(int fd) {
  // The question is asked twice, because a reader may come between the two calls.
  for (int i = 0; i < 2; i++) {
    if (!Ask(fd, kWriteFilter, true).ended) return false;
    pollfd entry = {fd, POLLOUT, 0};
    if (poll(&entry, 1, 0) < 0 || (entry.revents & (POLLHUP | POLLERR | POLLNVAL))) return false;
  }
  return true;
}

bool DescriptorState::Merge(const KernelRecord& record) {
  const int filter = FilterOf(record);
  const uint32_t bit = filter == kReadFilter ? kReadable : filter == kWriteFilter ? kWritable : kPriority;
  const bool is_new = (reported & bit) == 0;
  reported |= bit;
  updated = true;
  // macOS reports other data, too, without NOTE_OOB (XNU bsd/kern/uipc_socket.c,
  // filt_soread_common).
  if (bit != kPriority || (record.fflags & kUrgent)) seen |= bit;
  if (bit == kPriority) return is_new;
  if (record.flags & EV_EOF) ended |= bit;
  // fflags of an ended direction is so_error (table, "TCP: RST").
  if ((record.flags & EV_EOF) && record.fflags != 0) error = true;
  if (bit == kReadable && (record.flags & EV_EOF) == 0 && record.data == 0) doubtful = true;
  return is_new;
}

void Complete(DescriptorState& state, bool is_partial, DirectionQuery& query) {
  const uint32_t flags = state.registration.flags;
  if (flags & kSocket) {
    // A hangup is the end of both directions. The process's own shutdown(SHUT_WR) ends one of them.
    const uint32_t open = kDirections & ~(state.ended | state.seen);
    if (state.ended != 0 && open != 0) Ask(state, open, query);
    // FreeBSD 12 leaves fflags 0 when a connect is refused (table, "TCP: connect refused"); 13 does not. An error of a
    // datagram socket is no end, and sets no fflags.
    const bool is_doubtful = state.doubtful || (state.ended & kWritable) || (flags & kDatagram);
    if (!state.error && is_doubtful) state.error = HasPendingError(state.fd);
  }
  if (state.ended != 0 && (flags & kSocket) == 0) ConfirmEnds(state, query);
  if ((state.seen & kPriority) && !HasUrgentData(state.fd, query)) state.seen &= ~kPriority;
  if ((state.seen & flags) == 0 && state.ended == 0) return;
  // A full batch may have left records in the kernel, and the record of one direction's edge says nothing of the other
  // direction. The event shows the state of both.
  if (!is_partial && (flags & kEdge) == 0) return;
  const uint32_t missing = ShownDirections(flags) & ~state.seen;
  if (missing & kReadable) Ask(state, kReadable, query);
  if (missing & kWritable) Ask(state, kWritable, query);
  if ((flags & ~state.seen & kPriority) && (flags & kSocket) && HasUrgentData(state.fd, query)) {
    state.seen |= kPriority;
  }
}

uint32_t FromKernel(const DescriptorState& state, uint32_t flags) {
  const bool is_over = (flags & kSocket) ? state.ended == kDirections : state.ended != 0;
  const bool is_broken = is_over && IsWriteEnd(flags);
  const bool hangup = is_over && !is_broken;
  const bool error = state.error || is_broken;
  uint32_t readiness = 0;
  if ((flags & kReadable) && ((state.seen & kReadable) || hangup || error)) readiness |= kReadable;
  if ((flags & kWritable) && ((state.seen & kWritable) || hangup || error)) readiness |= kWritable;
  if ((flags & kPriority) && (state.seen & kPriority)) readiness |= kPriority;
  if ((flags & (kReadable | kReadClosed)) && !is_broken && ((state.ended & kReadable) || hangup)) {
    readiness |= kReadClosed;
  }
  if (hangup) readiness |= kHangup;
  if (error) readiness |= kError;
  return readiness;
}

}  // namespace pollux
