// Pipes: sys/kern/sys_pipe.c of FreeBSD and NetBSD, as the table shows them. Named FIFOs: FreeBSD 12 sys_pipe.c, NetBSD
// fifo_vnops.c, XNU bsd/vfs/vfs_vnops.c; the table has none, so all that is said of them is inferred. OpenBSD,
// sys_pipe.c and fifo_vnops.c: inferred.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "end_record.h"
#include "filters.h"
#include "kernel_calls.h"
#include "kqueue.h"

namespace simulator {
namespace {

// The room that a BSD pipe reports in a direction that nobody has written to: PIPE_BUF.
constexpr int64_t kIdleSpace = 512;

struct PipeState {
  bool own_end_reads;
  bool other_end_gone;
  bool has_space;
  int64_t bytes;
};

// Linux: the write end has POLLERR when no reader is left, the read end POLLHUP when no writer is.
PipeState Look(const Knote& knote) {
  const int access = AccessOf(knote.source_fd);
  const short revents = Poll(knote.source_fd, POLLIN | POLLOUT);
  PipeState state = {};
  state.own_end_reads = access == O_RDONLY || (access == O_RDWR && knote.event.filter == EVFILT_READ);
  state.other_end_gone = (revents & (POLLERR | POLLHUP)) != 0;
  state.has_space = (revents & POLLOUT) != 0;
  state.bytes = BytesReadable(knote.source_fd);
  return state;
}

// FreeBSD sys_pipe.c, pipe_nfiltops: a named FIFO that was not opened for the direction of the filter is no error and
// never ready. The two ends of an anonymous pipe are open for both.
bool IsWrongEndOfFifo(const Knote& knote) {
  if (knote.kind != FileKind::kFifo) return false;
  const int access = AccessOf(knote.source_fd);
  return access == (knote.event.filter == EVFILT_READ ? O_WRONLY : O_RDONLY);
}

// NetBSD: the end is gone after a read(2) that returned 0.
bool IsEnd(const Kqueue& kqueue, const Knote& knote, const PipeState& state, Hint hint) {
  if (knote.kind != FileKind::kFifo || !kqueue.personality().reading_takes_end_of_fifo) return state.other_end_gone;
  // Another writer has closed, or a new writer has opened the FIFO.
  const bool is_new = hint == Hint::kActivity && !knote.settling;
  if (is_new || !state.other_end_gone) ForgetEnd(knote.source_fd);
  return state.other_end_gone && !IsEndTaken(knote.source_fd);
}

// A FIFO can get a new other end.
void SetEnd(const Kqueue& kqueue, Knote& knote, bool end) {
  knote.seen_end = end;
  if (end) {
    knote.event.flags |= EV_EOF;
  } else if (knote.kind == FileKind::kFifo && !kqueue.personality().end_of_fifo_stays) {
    knote.event.flags &= static_cast<unsigned short>(~EV_EOF);
  }
}

int AttachRead(Kqueue& kqueue, Knote& knote) {
  if (IsWrongEndOfFifo(knote) && kqueue.personality().fifo_refuses_wrong_end) return EINVAL;
  knote.compared = true;
  return kqueue.WatchSource(knote, knote.source_fd, Direction::kRead);
}

bool ReadEvent(Kqueue& kqueue, Knote& knote, Hint hint) {
  const bool counts_anyway = kqueue.personality().fifo_counts_at_both_ends;
  const bool is_wrong_end = IsWrongEndOfFifo(knote);
  if (is_wrong_end && !counts_anyway) return false;
  const PipeState state = Look(knote);
  knote.event.data = knote.seen = state.own_end_reads || is_wrong_end ? state.bytes : 0;
  const bool silent = knote.kind == FileKind::kFifo && !kqueue.personality().named_fifo_reports_eof;
  SetEnd(kqueue, knote, IsEnd(kqueue, knote, state, hint) && !silent);
  return knote.seen_end || knote.event.data > 0;
}

int AttachWrite(Kqueue& kqueue, Knote& knote) {
  const Personality& personality = kqueue.personality();
  if (IsWrongEndOfFifo(knote)) {
    if (personality.fifo_refuses_wrong_end) return EINVAL;
  } else if (personality.broken_pipe_error != 0 && Look(knote).other_end_gone) {
    return personality.broken_pipe_error;
  }
  return kqueue.WatchSource(knote, knote.source_fd, Direction::kWrite);
}

int64_t SpaceIn(const Knote& knote, const PipeState& state, bool duplex) {
  if (state.own_end_reads) return duplex ? kIdleSpace : 0;
  if (!state.has_space) return 0;
  const int64_t free_bytes = fcntl(knote.source_fd, F_GETPIPE_SZ) - state.bytes;
  return free_bytes > 0 ? free_bytes : 1;
}

// When the other end closes, pipeclose() first runs the filters with the old state and then marks the end: a writer
// with space learns of it, a writer that is blocked never does (row "EOF pipe: rd closed while full"). FreeBSD also
// detaches the knote there: what was active is reported once with EV_EOF and the knote is gone (knlist_clear).
bool NoticeEnd(Kqueue& kqueue, Knote& knote, int64_t space) {
  knote.seen_end = true;
  knote.event.data = knote.seen = space;
  knote.event.flags |= EV_EOF;
  if (kqueue.personality().pipe_close_makes_oneshot) knote.event.flags |= EV_ONESHOT;
  return space > 0;
}

bool WriteEvent(Kqueue& kqueue, Knote& knote, Hint hint) {
  if (IsWrongEndOfFifo(knote)) return false;
  const Personality& personality = kqueue.personality();
  if (knote.kind == FileKind::kFifo && personality.fifo_writer_watches_reader) {
    SetEnd(kqueue, knote, true);
    knote.event.data = knote.seen = kIdleSpace;
    return hint == Hint::kQuery;
  }
  const PipeState state = Look(knote);
  const int64_t space = SpaceIn(knote, state, personality.pipes_are_duplex);
  // The last reader of a FIFO that closes wakes its writers, blocked or not (fifo_close: FreeBSD marks the one pipe
  // that both ends share, NetBSD the socket of the writers).
  if (knote.kind == FileKind::kFifo) {
    SetEnd(kqueue, knote, state.other_end_gone && personality.named_fifo_reports_eof);
    knote.event.data = knote.seen = space;
    return knote.seen_end || space > 0;
  }
  if (state.other_end_gone) {
    const bool first = !knote.seen_end;
    if (first && (hint == Hint::kActivity || personality.pipe_close_makes_oneshot)) {
      return NoticeEnd(kqueue, knote, space);
    }
    if (hint == Hint::kActivity) return false;
    knote.event.data = knote.seen = 0;
    knote.event.flags |= EV_EOF;
    return true;
  }
  knote.event.data = knote.seen = space;
  return space > 0;
}

}  // namespace

const FilterOps kPipeRead = {true, AttachRead, ReadEvent, nullptr, nullptr};
const FilterOps kPipeWrite = {true, AttachWrite, WriteEvent, nullptr, nullptr};

}  // namespace simulator
