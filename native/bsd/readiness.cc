#include "readiness.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "registration_flags.h"

namespace pollux {
namespace {

constexpr uint32_t kDirections = kReadable | kWritable;

int FilterFor(uint32_t direction) { return direction == kReadable ? kReadFilter : kWriteFilter; }

void Ask(DescriptorState& state, uint32_t direction, DirectionQuery& query) {
  const bool is_one_way = IsOneWay(state.registration.flags);
  const DirectionState answer = query.Ask(state.fd, FilterFor(direction), is_one_way);
  if (answer.ready) state.seen |= direction;
  if (answer.ended) state.ended |= direction;
  if (answer.error != 0) state.error = true;
}

// FreeBSD 12 and older go on flagging EV_EOF of a FIFO that has got a new other end (sys_pipe.c,
// filt_piperead); a knote that is new does not.
void ConfirmEnd(DescriptorState& state, DirectionQuery& query) {
  const uint32_t direction = IsWriteEnd(state.registration.flags) ? kWritable : kReadable;
  const DirectionState answer = query.Ask(state.fd, FilterFor(direction), true);
  if (answer.ended || !answer.known) return;
  state.ended = 0;
  if (!answer.ready) state.seen &= ~direction;
}

// 4.4BSD soreceive() and its descendants report so_error to a reader that peeks, and keep it.
bool HasPendingError(int fd) {
  char byte;
  if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) return false;
  // EBADF, ENOTSOCK: another thread has closed the descriptor, and its number may be in use again.
  return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOTCONN &&
         errno != EINVAL && errno != EBADF && errno != ENOTSOCK;
}

// macOS goes on reporting NOTE_OOB after the byte was read, and may report it for other data.
bool HasUrgentData(int fd) {
  char byte;
  if (recv(fd, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) >= 0) return true;
  // EAGAIN: announced, and not here yet. ENOTSOCK: no way to find out.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTSOCK) return true;
  int is_inline = 0;
  socklen_t size = sizeof is_inline;
  getsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &is_inline, &size);
  int unread = 0;
  return is_inline != 0 && ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
}

}  // namespace

bool DescriptorState::Merge(const KernelRecord& record) {
  const int filter = FilterOf(record);
  const uint32_t bit = filter == kReadFilter    ? kReadable
                       : filter == kWriteFilter ? kWritable
                                                : kPriority;
  const bool is_new = (reported & bit) == 0;
  reported |= bit;
  seen |= bit;
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
    // FreeBSD leaves fflags 0 when a connect is refused (table, "TCP: connect refused"). What a
    // datagram met with is no end, and has no fflags.
    const bool is_doubtful = state.doubtful || (state.ended & kWritable) || (flags & kDatagram);
    if (!state.error && is_doubtful) state.error = HasPendingError(state.fd);
  }
  if (state.ended != 0 && IsOneWay(flags)) ConfirmEnd(state, query);
  if ((state.seen & kPriority) && !HasUrgentData(state.fd)) state.seen &= ~kPriority;
  if ((state.seen & flags) == 0 && state.ended == 0) return;
  // A batch that is full may have left records behind, and an edge of one direction has no record
  // for the other: the event shows the whole of the state.
  if (!is_partial && (flags & kEdge) == 0) return;
  // A terminal may have ended where it is writable, and EVFILT_READ alone tells.
  if ((flags & kDevice) && !(flags & kReadable) && state.ended == 0) Ask(state, kReadable, query);
  // macOS and FreeBSD call the read end of a pipe writable (table, "WRITE on pipe read end").
  const uint32_t missing = flags & ~state.seen & ~((flags & kReadOnly) ? kWritable : 0u);
  if (missing & kReadable) Ask(state, kReadable, query);
  if (missing & kWritable) Ask(state, kWritable, query);
  if ((missing & kPriority) && (flags & kSocket) && HasUrgentData(state.fd)) {
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
  if ((flags & (kReadable | kReadClosed)) && !is_broken &&
      ((state.ended & kReadable) || hangup)) {
    readiness |= kReadClosed;
  }
  if (hangup) readiness |= kHangup;
  if (error) readiness |= kError;
  return readiness;
}

}  // namespace pollux
