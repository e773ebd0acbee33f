// Sockets: filt_soread() and filt_sowrite() of sys/kern/uipc_socket.c, FreeBSD and NetBSD; filt_soread_common() of
// XNU's bsd/kern/uipc_socket.c for EVFILT_EXCEPT.
#include <errno.h>

#include "filters.h"
#include "kqueue.h"
#include "socket_state.h"

namespace simulator {
namespace {

int AttachRead(Kqueue& kqueue, Knote& knote) {
  knote.listens = LookAtSocket(kqueue.personality(), knote.source_fd).listening;
  return kqueue.WatchSource(knote, knote.source_fd, Direction::kRead);
}

int AttachWrite(Kqueue& kqueue, Knote& knote) { return kqueue.WatchSource(knote, knote.source_fd, Direction::kWrite); }

int AttachExcept(Kqueue& kqueue, Knote& knote) {
  return kqueue.WatchSource(knote, knote.source_fd, Direction::kExcept);
}

void SetEnd(Knote& knote, const SocketState& state, bool end) {
  knote.seen_end = end;
  if (!end) return;
  knote.event.flags |= EV_EOF;
  knote.event.fflags = static_cast<unsigned>(state.error);
}

bool ReadEvent(Kqueue& kqueue, Knote& knote, Hint) {
  const int fd = knote.source_fd;
  const SocketState state = LookAtSocket(kqueue.personality(), fd);
  knote.unchanged = state.received >= 0 && state.received == knote.received && !state.listening && !state.has_error &&
                    state.cannot_receive == knote.seen_end;
  knote.received = state.received;
  if (state.listening) {
    if (!knote.listens && kqueue.personality().filter_is_chosen_when_added) return false;
    knote.event.data = knote.seen = Backlog(fd);
    return state.has_input;
  }
  knote.event.data = knote.seen = ReceivableBytes(kqueue.personality(), fd);
  SetEnd(knote, state, state.cannot_receive);
  if (state.cannot_receive || state.has_error) return true;
  if (knote.saved_fflags & NOTE_LOWAT) return knote.event.data >= knote.saved_data;
  return state.has_input;
}

// The space that was left when a unix-domain peer closed is what BSD goes on reporting (row "EOF socketpair: full,
// peer closed"); Linux frees the buffer.
bool WriteEvent(Kqueue& kqueue, Knote& knote, Hint) {
  const int fd = knote.source_fd;
  const SocketState state = LookAtSocket(kqueue.personality(), fd);
  if (state.listening) return false;
  const bool keeps_space = state.peer_closed_unix && knote.seen >= 0;
  if (!keeps_space) knote.seen = state.has_space ? SendSpace(fd) : 0;
  knote.event.data = knote.seen;
  SetEnd(knote, state, state.cannot_send);
  if (state.cannot_send || state.has_error) return true;
  if (!state.connected) return false;
  if (knote.saved_fflags & NOTE_LOWAT) return knote.event.data >= knote.saved_data;
  return state.has_space;
}

// XNU and OpenBSD report NOTE_OOB while the mark is ahead or just reached, which reading the byte does not change; XNU
// falls through to the rule for normal data.
bool ExceptEvent(Kqueue& kqueue, Knote& knote, Hint) {
  const SocketState state = LookAtSocket(kqueue.personality(), knote.source_fd);
  knote.event.data = knote.seen = BytesReadable(knote.source_fd);
  knote.event.fflags = 0;
  if ((knote.saved_fflags & NOTE_OOB) && state.at_urgent_mark) {
    knote.event.fflags = NOTE_OOB;
    return true;
  }
  if (!kqueue.personality().except_reports_data) return false;
  SetEnd(knote, state, state.cannot_receive);
  return state.cannot_receive || state.has_error || state.has_input;
}

}  // namespace

const FilterOps kSocketRead = {true, AttachRead, ReadEvent, nullptr, nullptr};
const FilterOps kSocketWrite = {true, AttachWrite, WriteEvent, nullptr, nullptr};
const FilterOps kSocketExcept = {true, AttachExcept, ExceptEvent, nullptr, nullptr};

}  // namespace simulator
