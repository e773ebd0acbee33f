// Timers, events and processes as descriptors: a kqueue each, which is readable while its one knote is active.
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/retry.h"
#include "../common/source_calls.h"
#include "source_table.h"

namespace pollux {
namespace {

constexpr uintptr_t kIdent = 1;
constexpr int64_t kSecondNs = 1000000000;
constexpr int64_t kFarthest = kNever - 1;
constexpr uint64_t kMostCount = UINT64_MAX - 1;  // as eventfd(2) of Linux

SysError OpenKqueue(int* fd) {
  const int opened = kqueue();
  if (opened < 0) return {errno, "kqueue"};
  if (fcntl(opened, F_SETFD, FD_CLOEXEC) < 0) {
    const SysError error = {errno, "fcntl"};
    close(opened);
    return error;
  }
  *fd = opened;
  return {};
}

// Returns `error` after closing `fd`.
SysError GiveUp(int fd, SysError error) {
  close(fd);
  return error;
}

// Takes the record of an active knote. Returns: whether there was one.
bool TakeRecord(int fd) {
  KernelRecord record;
  const timespec at_once = {0, 0};
  return RetryOnSignal([&] { return kevent(fd, nullptr, 0, &record, 1, &at_once); }) > 0;
}

// Deletes the knote. A oneshot knote whose record was taken is gone already, so that an error says nothing.
void EndKnote(int fd) { MakeOneChange(fd, MakeChange(kIdent, kTimerFilter, EV_DELETE, 0, 0)); }

// NetBSD: EV_ADD of a timer that runs takes effect when it has run out, so that the former knote has to go first.
SysError StartKnote(int fd, int64_t length_ns) {
  const int64_t length = length_ns > kMostTimeoutNs ? kMostTimeoutNs : length_ns > 0 ? length_ns : 0;
  const int64_t units = (length + kTimerUnitNs - 1) / kTimerUnitNs;
  EndKnote(fd);
  KernelRecord change = MakeChange(kIdent, kTimerFilter, EV_ADD | EV_ONESHOT, kTimerUnit, 0);
  // FreeBSD takes a time of 0 as 1; on macOS 0 is at once.
  change.data = static_cast<decltype(change.data)>(units > 0 ? units : 1);
  return MakeOneChange(fd, change);
}

int64_t NowOf(const Source& timer) {
  if (!timer.is_deadline_of_wall) return NowNs();
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * kSecondNs + now.tv_nsec;
}

int64_t ToNs(TimeParts time) {
  if (time.seconds >= kFarthest / kSecondNs) return kFarthest;
  return time.seconds * kSecondNs + time.nanoseconds;
}

int64_t Sum(int64_t a, int64_t b) { return a > kFarthest - b ? kFarthest : a + b; }

SysError StartTimer(int fd, const Source& timer) { return StartKnote(fd, timer.deadline_ns - NowOf(timer)); }

// Takes the expirations until `now`, at least one, and sets the next deadline of a periodic timer. Returns their
// number.
uint64_t TakeExpirations(Source* timer, int64_t now) {
  if (timer->period_ns == 0) {
    timer->deadline_ns = kNever;
    return 1;
  }
  const int64_t further = (now - timer->deadline_ns) / timer->period_ns;
  timer->deadline_ns = Sum(timer->deadline_ns, (further + 1) * timer->period_ns);
  return static_cast<uint64_t>(further) + 1;
}

// EVFILT_USER where the kernel has it; a timer that runs out at once elsewhere: NetBSD before 10, OpenBSD before 7.7.
SysError AddUserKnote(int fd, bool* has_user_filter) {
  *has_user_filter = false;
  if (!kHeaderHasUserFilter) return {};
  const SysError error = MakeOneChange(fd, MakeChange(kIdent, kUserFilter, EV_ADD | EV_CLEAR, 0, 0));
  if (error.code == EINVAL) return {};
  *has_user_filter = !error;
  return error;
}

// A knote that is active already wakes nobody (FreeBSD sys/kern/kern_event.c, KNOTE_ACTIVATE()). As each addition has
// to be an edge, the record of the former one is taken first.
SysError Activate(int fd, const Source& event) {
  if (event.count > 0) TakeRecord(fd);
  if (event.has_user_filter) return MakeOneChange(fd, MakeChange(kIdent, kUserFilter, 0, kTrigger, 0));
  // A timer that has not run out yet will do so after this addition.
  const bool is_running = !MakeOneChange(fd, MakeChange(kIdent, kTimerFilter, EV_ENABLE, 0, 0));
  return is_running ? SysError{} : StartKnote(fd, 0);
}

}  // namespace

SysError OpenTimer(TimerClock clock, int* fd) {
  // kqueue(2): no timer counts the time in which the machine sleeps.
  if (clock == TimerClock::kBootTime) return {ENOSYS, "kqueue"};
  int opened = -1;
  SysError error = OpenKqueue(&opened);
  if (error) return error;
  Source timer = {};
  timer.kind = SourceKind::kTimer;
  timer.is_realtime = clock == TimerClock::kRealtime;
  timer.deadline_ns = kNever;
  LockedSources sources;
  error = sources.Add(opened, timer);
  if (error) return GiveUp(opened, error);
  *fd = opened;
  return {};
}

SysError SetTimer(int fd, const TimerSetting& setting) {
  LockedSources sources;
  Source* timer = nullptr;
  const SysError error = sources.Find(fd, SourceKind::kTimer, &timer);
  if (error) return error;
  if (!setting.first) {
    EndKnote(fd);
    timer->deadline_ns = kNever;
    return {};
  }
  Source wanted = *timer;
  wanted.is_deadline_of_wall = timer->is_realtime && setting.is_absolute;
  wanted.deadline_ns = setting.is_absolute ? ToNs(setting.first) : Sum(NowNs(), ToNs(setting.first));
  wanted.period_ns = ToNs(setting.period);
  const SysError refused = StartTimer(fd, wanted);
  // The former knote is deleted already.
  if (refused) wanted.deadline_ns = kNever;
  *timer = wanted;
  return refused;
}

SysError ReadTimer(int fd, uint64_t* expirations) {
  LockedSources sources;
  Source* timer = nullptr;
  SysError error = sources.Find(fd, SourceKind::kTimer, &timer);
  if (error) return error;
  const bool has_fired = TakeRecord(fd);
  if (timer->deadline_ns == kNever) return {EAGAIN, "kevent"};
  const int64_t now = NowOf(*timer);
  if (now < timer->deadline_ns) {
    // The knote may fire before the deadline: a kernel that counts ticks may be a tick early, and a long time is split
    // into parts.
    if (has_fired) error = StartTimer(fd, *timer);
    return error ? error : SysError{EAGAIN, "kevent"};
  }
  *expirations = TakeExpirations(timer, now);
  if (timer->deadline_ns == kNever) {
    EndKnote(fd);
    return {};
  }
  return StartTimer(fd, *timer);
}

SysError OpenEvent(uint32_t initial, int* fd) {
  int opened = -1;
  SysError error = OpenKqueue(&opened);
  if (error) return error;
  Source event = {};
  event.kind = SourceKind::kEvent;
  error = AddUserKnote(opened, &event.has_user_filter);
  if (!error && initial > 0) error = Activate(opened, event);
  if (error) return GiveUp(opened, error);
  event.count = initial;
  LockedSources sources;
  error = sources.Add(opened, event);
  if (error) return GiveUp(opened, error);
  *fd = opened;
  return {};
}

SysError AddToEvent(int fd, uint64_t count) {
  LockedSources sources;
  Source* event = nullptr;
  SysError error = sources.Find(fd, SourceKind::kEvent, &event);
  if (error) return error;
  if (count > kMostCount - event->count) return {EAGAIN, "kevent"};
  if (count > 0) error = Activate(fd, *event);
  if (!error) event->count += count;
  return error;
}

SysError ReadEvent(int fd, uint64_t* count) {
  LockedSources sources;
  Source* event = nullptr;
  const SysError error = sources.Find(fd, SourceKind::kEvent, &event);
  if (error) return error;
  if (event->count == 0) return {EAGAIN, "kevent"};
  // EV_CLEAR: taking the record makes the knote inactive.
  TakeRecord(fd);
  if (!event->has_user_filter) EndKnote(fd);
  *count = event->count;
  event->count = 0;
  return {};
}

SysError OpenProcess(int pid, int* fd) {
  int opened = -1;
  const SysError error = OpenKqueue(&opened);
  if (error) return error;
  const KernelRecord change =
      MakeChange(static_cast<uintptr_t>(pid), kProcessFilter, EV_ADD | EV_ONESHOT, static_cast<uint32_t>(NOTE_EXIT), 0);
  const SysError refused = MakeOneChange(opened, change);
  if (refused) return GiveUp(opened, refused);
  *fd = opened;
  return {};
}

}  // namespace pollux
