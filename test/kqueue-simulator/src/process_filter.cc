// EVFILT_PROC with NOTE_EXIT, over a pidfd. NOTE_FORK and NOTE_EXEC are accepted and never reported, because Linux does
// not report them.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filters.h"
#include "kqueue.h"

namespace simulator {
namespace {

constexpr idtype_t kByPidFd = static_cast<idtype_t>(3);  // P_PIDFD, Linux 5.4

int Attach(Kqueue& kqueue, Knote& knote) {
  knote.event.flags |= EV_CLEAR;
  const pid_t pid = static_cast<pid_t>(knote.event.ident);
  if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH)) return ESRCH;
  if ((knote.saved_fflags & NOTE_EXIT) == 0) return 0;
  const int error = knote.process.Take(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (error != 0) return error;
  const bool has_ended = (Poll(knote.process.get(), POLLIN) & POLLIN) != 0;
  if (has_ended && !kqueue.personality().finds_ended_processes) return ESRCH;
  return kqueue.WatchSource(knote, knote.process.get(), Direction::kRead);
}

// The status as wait(2) gives it. 0 for a process that is not a child.
int ExitStatus(int pidfd) {
  siginfo_t info = {};
  if (waitid(kByPidFd, static_cast<id_t>(pidfd), &info, WEXITED | WNOWAIT | WNOHANG) != 0) return 0;
  return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
}

bool Event(Kqueue&, Knote& knote, Hint) {
  if (knote.process.get() < 0 || (Poll(knote.process.get(), POLLIN) & POLLIN) == 0) return false;
  knote.event.flags |= EV_EOF | EV_ONESHOT;
  knote.event.fflags |= NOTE_EXIT;
  knote.event.data = ExitStatus(knote.process.get());
  return true;
}

}  // namespace

const FilterOps kProcess = {false, Attach, Event, nullptr, nullptr};

}  // namespace simulator
