// EVFILT_TIMER: filt_timerattach(), filt_timertouch() and filt_timerexpire() of FreeBSD and NetBSD.
#include <errno.h>
#include <time.h>

#include "filters.h"
#include "kqueue.h"

namespace simulator {
namespace {

constexpr int64_t kNsPerMs = 1000000;
constexpr int64_t kLongestNs = INT64_MAX / 4;

int64_t UnitNs(const Personality& personality, unsigned fflags) {
  if (!personality.has_timer_units) return kNsPerMs;
  if (fflags & NOTE_SECONDS) return 1000 * kNsPerMs;
  if (fflags & NOTE_USECONDS) return 1000;
  if (fflags & NOTE_NSECONDS) return 1;
  return kNsPerMs;
}

int64_t Scale(int64_t count, int64_t unit_ns) { return count > kLongestNs / unit_ns ? kLongestNs : count * unit_ns; }

// FreeBSD sys/kern/kern_event.c: a period of 0 counts as 1.
int64_t PeriodNs(const Personality& personality, const Knote& knote) {
  const int64_t count = knote.saved_data > 0 ? knote.saved_data : 1;
  return Scale(count, UnitNs(personality, knote.saved_fflags));
}

void Start(const Personality& personality, Knote& knote) {
  if (personality.has_timer_units && (knote.saved_fflags & NOTE_ABSTIME)) {
    timespec wall = {};
    clock_gettime(CLOCK_REALTIME, &wall);
    const int64_t wall_ns = static_cast<int64_t>(wall.tv_sec) * 1000 * kNsPerMs + wall.tv_nsec;
    const int64_t at_ns = Scale(knote.saved_data, UnitNs(personality, knote.saved_fflags));
    knote.period_ns = 0;
    knote.deadline_ns = MonotonicNs() + (at_ns > wall_ns ? at_ns - wall_ns : 0);
    return;
  }
  knote.period_ns = PeriodNs(personality, knote);
  knote.deadline_ns = MonotonicNs() + knote.period_ns;
}

int Attach(Kqueue& kqueue, Knote& knote) {
  if (knote.saved_data < 0) return EINVAL;
  knote.event.flags |= EV_CLEAR;
  Start(kqueue.personality(), knote);
  return 0;
}

bool Event(Kqueue&, Knote& knote, Hint) { return knote.event.data != 0; }

// NetBSD lets the running period end and takes the new one then.
void Touch(Kqueue& kqueue, Knote& knote, const struct kevent& change) {
  if ((change.flags & EV_ADD) == 0) return;
  knote.saved_fflags = change.fflags;
  knote.saved_data = change.data;
  if (!kqueue.personality().timer_restarts_on_add) {
    knote.period_ns = PeriodNs(kqueue.personality(), knote);
    return;
  }
  knote.event.data = 0;
  kqueue.Deactivate(knote);
  Start(kqueue.personality(), knote);
}

}  // namespace

bool AdvanceTimer(Knote& knote, int64_t now_ns) {
  if (knote.deadline_ns > now_ns) return false;
  if (knote.period_ns == 0 || (knote.event.flags & EV_ONESHOT)) {
    knote.event.data++;
    knote.deadline_ns = 0;
    return true;
  }
  const int64_t periods = (now_ns - knote.deadline_ns) / knote.period_ns + 1;
  knote.event.data += periods;
  knote.deadline_ns += periods * knote.period_ns;
  return true;
}

const FilterOps kTimer = {false, Attach, Event, Touch, nullptr};

}  // namespace simulator
