#include "knotes.h"

#include "change_list.h"
#include "registration.h"

namespace pollux {
namespace {

constexpr int kRead = 0;
constexpr int kWrite = 1;
constexpr int kExcept = 2;

// These registrations have a knote of EVFILT_READ in clear mode, which reports the end of the peer; its data is
// ignored. On FreeBSD 12 and NetBSD 7 a blocked writer of a pipe is told that the readers have gone only through
// EVFILT_READ on its end (table, "EOF pipe: rd closed while full" and "full, watch R on write end"); FreeBSD 13 and
// macOS tell it once. On OpenBSD EVFILT_WRITE of a terminal does not tell it (tty.c, filt_ttywrite).
bool NeedsSentinel(uint32_t flags) {
  return (flags & (kReadClosed | kPriority)) || ((flags & kWritable) && !(flags & kSocket));
}

void AppendDeletes(ChangeList& changes, Registration registration) {
  changes.Append(kReadFilter, EV_DELETE, 0);
  changes.Append(kWriteFilter, EV_DELETE, 0);
  if (registration.flags & kPriority) changes.Append(kExceptFilter, EV_DELETE, 0);
}

// Where the results of a list of deletes and adds are, by filter; −1: no such change.
struct Positions {
  int deletes[kFilterCount] = {-1, -1, -1};
  int adds[kFilterCount] = {-1, -1, -1};
};

void AppendAdds(ChangeList& changes, Registration registration, Positions& at) {
  const KnoteSet set = ToKernel(registration.flags);
  for (int i = 0; i < kFilterCount; i++) {
    if (set.flags[i] == 0) continue;
    at.adds[i] = changes.size();
    changes.Append(kFilters[i], set.flags[i], TokenOf(registration));
  }
}

// EINVAL: the number belongs to the poller itself by now (FreeBSD kern_event.c, kqueue_register).
bool IsGone(int code) { return code == ENOENT || code == EBADF || code == EINVAL; }

bool IsAdded(const ChangeList& changes, const Positions& at, int filter) {
  return at.adds[filter] >= 0 && changes.result(at.adds[filter]) == 0;
}

// Whether a registration can do without the knote that the kernel refused with `code`.
bool IsTolerable(int filter, int code, uint32_t flags, const ChangeList& changes, const Positions& at) {
  switch (filter) {
    case kRead:
      return ((flags & kWriteOnly) || (flags & kAskable) == kWritable) && IsRefusal(code) &&
             IsAdded(changes, at, kWrite);
    case kWrite:
      // A kernel may refuse EVFILT_WRITE for a pipe whose readers are gone, and for a kqueue (EINVAL). The knote of
      // EVFILT_READ reports the end of the pipe.
      return IsOneWay(flags) && (IsBrokenPipe(code) || IsRefusal(code)) && IsAdded(changes, at, kRead);
    default:
      // The write end of a FIFO has no EVFILT_READ on OpenBSD.
      return IsRefusal(code) && (IsAdded(changes, at, kRead) || IsAdded(changes, at, kWrite));
  }
}

// NetBSD since sys_pipe.c 1.165 has no filter at all for the write end of a pipe whose readers are gone: EVFILT_READ
// fails with EINVAL, EVFILT_WRITE with EBADF. Together they mean EPIPE.
bool IsBrokenWithoutFilter(const ChangeList& changes, const Positions& at, uint32_t flags) {
  if (!IsOneWay(flags) || at.adds[kRead] < 0 || at.adds[kWrite] < 0) return false;
  return IsRefusal(changes.result(at.adds[kRead])) && IsBrokenPipe(changes.result(at.adds[kWrite]));
}

// The first add that failed and matters; 0: none.
int FailureOf(const ChangeList& changes, const Positions& at, uint32_t flags) {
  if (IsBrokenWithoutFilter(changes, at, flags)) return EPIPE;
  for (int i = 0; i < kFilterCount; i++) {
    const int code = at.adds[i] < 0 ? 0 : changes.result(at.adds[i]);
    if (code != 0 && !IsTolerable(i, code, flags, changes, at)) return code;
  }
  return 0;
}

// Deletes the knotes that were added and adds again those that were deleted. Sets `*lost` if no knote is left.
void RollBack(int kqueue_fd, int fd, const ChangeList& done, const Positions& at, Registration from, bool* lost) {
  ChangeList undo(fd);
  for (int i = 0; i < kFilterCount; i++) {
    if (IsAdded(done, at, i)) undo.Append(kFilters[i], EV_DELETE, 0);
  }
  undo.Apply(kqueue_fd);
  if (!from.registered()) return;
  ChangeList restore(fd);
  Positions restored;
  if (!*lost) AppendAdds(restore, from, restored);
  const SysError error = restore.Apply(kqueue_fd);
  if (!*lost && !error && FailureOf(restore, restored, from.flags) == 0) return;
  ChangeList clear(fd);
  AppendDeletes(clear, from);
  clear.Apply(kqueue_fd);
  *lost = true;
}

}  // namespace

KnoteSet ToKernel(uint32_t flags) {
  // The write end of a FIFO has EVFILT_WRITE whatever was asked for: its EVFILT_READ is silent on
  // FreeBSD and NetBSD (sys_pipe.c, pipe_nfiltops) and EINVAL on OpenBSD (fifo_kqfilter).
  const bool is_write_only = (flags & kWriteOnly) != 0;
  // A registration of interest 0 keeps a disabled knote. The kernel drops the knote when the descriptor is closed, and
  // a later call notices that.
  constexpr uint32_t kPaused = EV_ADD | EV_DISABLE;
  if ((flags & kAskable) == 0) return {{kPaused, is_write_only ? kPaused : 0, 0}};
  // Oneshot is EV_DISPATCH, not EV_ONESHOT: the knote stays. EV_CLEAR is not set with it, because NetBSD does not
  // disable a knote that has both (table, "EV_CLEAR|EV_DISPATCH + EV_ENABLE").
  const uint32_t mode = (flags & kOneshot) ? EV_DISPATCH : (flags & kEdge) ? EV_CLEAR : 0;
  KnoteSet set = {};
  if (flags & kReadable) set.flags[kRead] = EV_ADD | mode;
  // The read end of a pipe is never writable, unless both ends are open for both directions.
  if ((flags & kWritable) && (flags & kReadOnly) == 0) set.flags[kWrite] = EV_ADD | mode;
  // These knotes are in clear mode whatever the mode of the registration, because what they report may be of no
  // interest.
  if (flags & kPriority) set.flags[kExcept] = EV_ADD | EV_CLEAR;
  if (set.flags[kRead] == 0 && NeedsSentinel(flags)) set.flags[kRead] = EV_ADD | EV_CLEAR;
  if (set.flags[kWrite] == 0 && is_write_only) set.flags[kWrite] = EV_ADD | EV_CLEAR;
  if (flags & kDisarmed) {
    for (uint32_t& knote : set.flags) knote |= knote == 0 ? 0 : EV_DISABLE;
  }
  return set;
}

SysError ReplaceKnotes(int kqueue_fd, int fd, Registration from, Registration to, bool* lost) {
  // EV_ADD of a knote that exists changes neither EV_CLEAR nor EV_DISPATCH, and arms nothing
  // (table, "EV_CLEAR->level via EV_ADD", "EV_DISPATCH re-armed by EV_ADD"): delete, then add.
  *lost = false;
  ChangeList changes(fd);
  Positions at;
  if (from.registered()) AppendDeletes(changes, from);
  const int deletes = changes.size();
  if (to.registered()) AppendAdds(changes, to, at);
  const SysError error = changes.Apply(kqueue_fd);
  if (error) return error;
  // Deletes that were applied twice find nothing the second time, unless adds followed them.
  bool found = changes.is_repeated() && !to.registered();
  int failure = 0;
  int absence = ENOENT;
  for (int i = 0; i < deletes; i++) {
    // ENOENT for one of the filters is common: it was never added, was refused, or is a pipe's
    // EVFILT_WRITE, which FreeBSD drops when the readers have gone.
    const int code = changes.result(i);
    if (code == 0)
      found = true;
    else if (!IsGone(code))
      failure = code;
    else if (code == EINVAL)
      absence = EINVAL;
  }
  *lost = from.registered() && !found && failure == 0;
  if (*lost) failure = absence;
  if (failure == 0) failure = FailureOf(changes, at, to.flags);
  if (failure == 0) return {};
  RollBack(kqueue_fd, fd, changes, at, from, lost);
  return {failure, "kevent"};
}

bool HaveKnotes(int kqueue_fd, int fd, Registration registration) {
  const KnoteSet set = ToKernel(registration.flags);
  ChangeList probe(fd);
  for (int i = 0; i < kFilterCount; i++) {
    if (set.flags[i] == 0) continue;
    // A change without EV_ADD. It sets udata, and makes FreeBSD and macOS look at the file again,
    // unless the knote is disabled.
    probe.Append(kFilters[i], set.flags[i] & EV_DISABLE, TokenOf(registration));
  }
  if (probe.Apply(kqueue_fd)) return false;
  for (int i = 0; i < probe.size(); i++) {
    if (probe.result(i) == 0) return true;
  }
  return false;
}

void DisableKnotes(int kqueue_fd, int fd, Registration registration, uint32_t delivered) {
  const KnoteSet set = ToKernel(registration.flags);
  ChangeList changes(fd);
  for (int i = 0; i < kFilterCount; i++) {
    if (set.flags[i] == 0) continue;
    const bool is_disabled = (set.flags[i] & EV_DISPATCH) && (delivered & kFilterBits[i]);
    if (!is_disabled) changes.Append(kFilters[i], EV_DISABLE, TokenOf(registration));
  }
  changes.Apply(kqueue_fd);
}

void TouchKnotes(int kqueue_fd, int fd, Registration registration, uint32_t filters) {
  ChangeList changes(fd);
  for (int i = 0; i < kFilterCount; i++) {
    if ((filters & kFilterBits[i]) == 0) continue;
    changes.Append(kFilters[i], EV_ADD | EV_CLEAR, TokenOf(registration));
  }
  changes.Apply(kqueue_fd);
}

}  // namespace pollux
