// Terminals, other character devices, and files that only Linux has (eventfd, timerfd, …), which are treated as
// devices.
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "filters.h"
#include "kernel_calls.h"
#include "kqueue.h"

namespace simulator {
namespace {

// The room that a terminal reports when no output waits to be sent.
constexpr int64_t kTerminalSpace = 4096;

// Row "/dev/null READ/WRITE": always ready with nothing to read.
bool AlwaysEvent(Kqueue&, Knote& knote, Hint) {
  knote.event.data = 0;
  return true;
}

int AttachNothing(Kqueue&, Knote&) { return 0; }

const FilterOps kAlwaysReady = {true, AttachNothing, AlwaysEvent, nullptr, nullptr};

// epoll refuses a device without a poll method: EPERM.
int Attach(Kqueue& kqueue, Knote& knote, Direction direction) {
  const int error = kqueue.WatchSource(knote, knote.source_fd, direction);
  if (error != EPERM || kqueue.personality().unpolled_device_error != 0) {
    return error == EPERM ? kqueue.personality().unpolled_device_error : error;
  }
  knote.ops = &kAlwaysReady;
  return 0;
}

int AttachRead(Kqueue& kqueue, Knote& knote) { return Attach(kqueue, knote, Direction::kRead); }
int AttachWrite(Kqueue& kqueue, Knote& knote) { return Attach(kqueue, knote, Direction::kWrite); }

// The end of a terminal is POLLHUP of Linux. Other devices have no end.
void SetEnd(const Kqueue& kqueue, Knote& knote, bool end) {
  knote.seen_end = end;
  if (end) {
    knote.event.flags |= EV_EOF;
  } else if (!kqueue.personality().end_of_terminal_stays) {
    knote.event.flags &= static_cast<unsigned short>(~EV_EOF);
  }
}

bool IsSilentAboutEnd(const Kqueue& kqueue, const Knote& knote) {
  return knote.kind == FileKind::kTerminal && kqueue.personality().terminal_never_ends;
}

bool ReadEvent(Kqueue& kqueue, Knote& knote, Hint) {
  const short revents = Poll(knote.source_fd, POLLIN);
  const bool counts_bytes = knote.kind == FileKind::kTerminal;
  const int64_t bytes = BytesReadable(knote.source_fd);
  const bool readable = (revents & POLLIN) != 0 && (!counts_bytes || bytes > 0);
  knote.event.data = knote.seen = bytes > 0 || counts_bytes ? bytes : readable;
  SetEnd(kqueue, knote, (revents & POLLHUP) != 0 && !IsSilentAboutEnd(kqueue, knote));
  return readable || knote.seen_end;
}

// Only the master of a pseudoterminal has a number that it returns.
bool IsMaster(int fd) { return AskInt(fd, TIOCGPTN, -1) >= 0; }

bool WriteEvent(Kqueue& kqueue, Knote& knote, Hint) {
  const short revents = Poll(knote.source_fd, POLLOUT);
  const int waiting = AskInt(knote.source_fd, TIOCOUTQ, 0);
  const bool writable = (revents & POLLOUT) != 0;
  const int64_t space = waiting < kTerminalSpace ? kTerminalSpace - waiting : 1;
  knote.event.data = knote.seen = writable ? space : 0;
  const bool end = (revents & POLLHUP) != 0;
  if (end && IsSilentAboutEnd(kqueue, knote)) return false;
  if (end && kqueue.personality().terminal_write_hides_end) {
    knote.seen_end = true;
    return !IsMaster(knote.source_fd);
  }
  SetEnd(kqueue, knote, end);
  return writable || end;
}

}  // namespace

const FilterOps kDeviceRead = {true, AttachRead, ReadEvent, nullptr, nullptr};
const FilterOps kDeviceWrite = {true, AttachWrite, WriteEvent, nullptr, nullptr};

}  // namespace simulator
