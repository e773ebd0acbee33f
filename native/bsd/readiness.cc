#include "readiness.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "registration_flags.h"

namespace pollux {
namespace {

constexpr uint32_t kDirections = kReadable | kWritable;

int FilterFor(uint32_t direction) { return direction == kReadable ? kReadFilter : kWriteFilter; }

// The directions whose state the event shows.
uint32_t ShownDirections(uint32_t flags) {
  uint32_t shown = flags & kDirections;
  // EVFILT_READ alone tells of the peer's end, and on OpenBSD of a terminal's.
  if (flags & (kReadClosed | kDevice)) shown |= kReadable;
  // No kernel has a writable read end of a FIFO, and of a pipe only those where it is O_RDWR.
  return flags & kReadOnly ? shown & ~kWritable : shown;
}

void Ask(DescriptorState& state, uint32_t direction, DirectionQuery& query) {
  const bool is_one_way = IsOneWay(state.registration.flags);
  const DirectionState answer = query.Ask(state.fd, FilterFor(direction), is_one_way);
  if (answer.ready) state.seen |= direction;
  if (answer.ended) state.ended |= direction;
  if (answer.error != 0) state.error = true;
}

// A knote goes on flagging EV_EOF although there is a new other end: of a FIFO on FreeBSD 12 and older
// (sys_pipe.c, filt_piperead), of a terminal on FreeBSD (tty_pts.c, ptsdev_kqfilter) and macOS (XNU
// bsd/kern/tty_ptmx.c and tty.c). A knote that is new does not.
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
  // EAGAIN: announced, and not here yet. ENOTSOCK: no way to find out.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTSOCK) return true;
  int is_inline = 0;
  socklen_t size = sizeof is_inline;
  getsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &is_inline, &size);
  int unread = 0;
  if (is_inline == 0 || ioctl(fd, FIONREAD, &unread) != 0 || unread == 0) return false;
  // A byte that is read with the others is behind them, or the next one: the mark tells.
  return query.Ask(fd, kExceptFilter, false).ready;
}

}  // namespace

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
    // A hangup is the end of both directions: own shutdown(SHUT_WR) ends one of them.
    const uint32_t open = kDirections & ~(state.ended | state.seen);
    if (state.ended != 0 && open != 0) Ask(state, open, query);
    // FreeBSD 12 leaves fflags 0 when a connect is refused (table, "TCP: connect refused"); 13 does
    // not. What a datagram met with is no end, and has no fflags.
    const bool is_doubtful = state.doubtful || (state.ended & kWritable) || (flags & kDatagram);
    if (!state.error && is_doubtful) state.error = HasPendingError(state.fd);
  }
  if (state.ended != 0 && (flags & kSocket) == 0) ConfirmEnds(state, query);
  if ((state.seen & kPriority) && !HasUrgentData(state.fd, query)) state.seen &= ~kPriority;
  if ((state.seen & flags) == 0 && state.ended == 0) return;
  // A batch that is full may have left records behind, and an edge of one direction has no record
  // for the other: the event shows the whole of the state.
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
