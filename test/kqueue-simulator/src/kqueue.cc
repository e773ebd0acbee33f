#include "kqueue.h"

#include <time.h>

#include <algorithm>

#include "filters.h"
#include "kernel_calls.h"

namespace simulator {

int64_t MonotonicNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// close(2) of a BSD removes knotes at once. The simulator is not told of a close(2), so that every use of a knote
// checks whether its descriptor is still the file that it was made for. Entries in the sources are no proof by
// themselves: epoll keeps the entry of an earlier file of the same number as long as a duplicate of that file is open.
bool Kqueue::IsAlive(const Knote& knote) const {
  if (!knote.ops->is_descriptor) return true;
  struct stat info = {};
  if (!Stat(knote.source_fd, &info) || info.st_dev != knote.device || info.st_ino != knote.inode) return false;
  return knote.place == Place::kNowhere || sources_.Holds(knote.source_fd, knote.direction, knote.place);
}

Knote* Kqueue::Find(short filter, uintptr_t ident) {
  auto found = knotes_.find(Key(filter, ident));
  if (found == knotes_.end()) return nullptr;
  if (IsAlive(*found->second)) return found->second.get();
  Drop(*found->second);
  return nullptr;
}

void Kqueue::Drop(Knote& knote) {
  if (knote.place != Place::kNowhere && IsAlive(knote)) {
    sources_.Remove(knote.source_fd, knote.direction, knote.place);
  }
  if (knote.queued) queue_.erase(std::find(queue_.begin(), queue_.end(), &knote));
  if (knote.made_oneshot) oneshots_--;
  by_id_.erase(knote.id);
  knotes_.erase(Key(knote.event.filter, knote.event.ident));
}

int Kqueue::WatchSource(Knote& knote, int fd, Direction direction) {
  const Place place = knote.disabled ? Place::kParked : Place::kArmed;
  const int error = sources_.Add(fd, direction, place, knote.id);
  if (error != 0) return error;
  knote.source_fd = fd;
  knote.direction = direction;
  knote.place = place;
  return 0;
}

void Kqueue::Activate(Knote& knote) {
  knote.active = true;
  if (!knote.disabled && !knote.queued) Enqueue(knote);
}

void Kqueue::Enqueue(Knote& knote) {
  knote.queued = true;
  queue_.push_back(&knote);
  enqueued_++;
}

void Kqueue::Deactivate(Knote& knote) {
  knote.active = false;
  if (!knote.queued) return;
  knote.queued = false;
  queue_.erase(std::find(queue_.begin(), queue_.end(), &knote));
}

void Kqueue::SetDisabled(Knote& knote, bool disabled) {
  if (knote.disabled == disabled) return;
  knote.disabled = disabled;
  if (knote.place == Place::kNowhere) return;
  const Place target = disabled ? Place::kParked : Place::kArmed;
  if (sources_.Add(knote.source_fd, knote.direction, target, knote.id) != 0) return;
  sources_.Remove(knote.source_fd, knote.direction, knote.place);
  knote.place = target;
  knote.settling = true;
  settling_.push_back(knote.id);
}

// Runs the filter because its source had activity. epoll reports the present state of a new registration as if it had
// just come about: after a move that counts only if there is more than the filter has seen.
void Kqueue::Notify(Knote& knote) {
  if (!IsAlive(knote)) {
    Drop(knote);
    return;
  }
  const int64_t seen = knote.seen;
  const bool seen_end = knote.seen_end;
  const bool ready = knote.ops->event(*this, knote, Hint::kActivity);
  const bool more = knote.seen > seen || (knote.seen_end && !seen_end);
  if (ready && (more || !(knote.settling || knote.unchanged))) Activate(knote);
}

void Kqueue::AfterShutdown(dev_t device, ino_t inode) {
  std::vector<uint64_t> writers;
  for (const auto& entry : knotes_) {
    Knote& knote = *entry.second;
    if (knote.kind != FileKind::kSocket || knote.device != device || knote.inode != inode) continue;
    if (knote.direction == Direction::kWrite) {
      writers.push_back(knote.id);
    } else {
      knote.settling = true;
      settling_.push_back(knote.id);
    }
  }
  for (uint64_t id : writers) {
    auto found = by_id_.find(id);
    if (found != by_id_.end()) Notify(*found->second);
  }
  NotifyActivity();
  sources_.Ring(!queue_.empty());
}

void Kqueue::BeforeRead() {
  if (oneshots_ == 0) return;
  NotifyActivity();
  sources_.Ring(!queue_.empty());
}

void Kqueue::NotifyActivity() {
  std::vector<uint64_t> ids;
  sources_.Drain(&ids);
  for (uint64_t id : ids) {
    auto found = by_id_.find(id);
    if (found != by_id_.end()) Notify(*found->second);
  }
  for (uint64_t id : settling_) {
    auto found = by_id_.find(id);
    if (found != by_id_.end()) found->second->settling = false;
  }
  settling_.clear();
}

// A BSD wakes the filters of a pipe when it is read, Linux does not (row "EV_CLEAR read pipe"). Linux signals written
// data a moment after the bytes can be seen. It never signals regular files. Knotes that are active, or level-triggered
// and enabled, need no comparison.
void Kqueue::Compare(Knote& knote) {
  if (!knote.compared || knote.active) return;
  const int64_t seen = knote.seen;
  if (knote.kind != FileKind::kFile) {
    const bool level = (knote.event.flags & EV_CLEAR) == 0 && !knote.disabled;
    if (level || BytesReadable(knote.source_fd) >= seen) return;
  }
  if (!knote.ops->event(*this, knote, Hint::kActivity) || knote.seen == seen) return;
  if (IsAlive(knote)) Activate(knote);
}

void Kqueue::CompareAll() {
  const auto end = knotes_.upper_bound(Key(EVFILT_READ, UINTPTR_MAX));
  for (auto entry = knotes_.lower_bound(Key(EVFILT_READ, 0)); entry != end; ++entry) Compare(*entry->second);
  sources_.Ring(!queue_.empty());
}

void Kqueue::AdvanceTimers(int64_t now_ns) {
  next_deadline_ns_ = 0;
  const auto end = knotes_.upper_bound(Key(EVFILT_TIMER, UINTPTR_MAX));
  for (auto entry = knotes_.lower_bound(Key(EVFILT_TIMER, 0)); entry != end; ++entry) {
    Knote& knote = *entry->second;
    if (knote.deadline_ns == 0) continue;
    if (AdvanceTimer(knote, now_ns)) Activate(knote);
    if (knote.deadline_ns == 0) continue;
    if (next_deadline_ns_ == 0 || knote.deadline_ns < next_deadline_ns_) next_deadline_ns_ = knote.deadline_ns;
  }
  sources_.WakeAt(next_deadline_ns_);
}

void Kqueue::CollectAt(int64_t now_ns) {
  NotifyActivity();
  AdvanceTimers(now_ns);
  sources_.Ring(!queue_.empty());
}

void Kqueue::Collect() { CollectAt(MonotonicNs()); }

void Kqueue::CollectAfterSleep() {
  const int64_t now_ns = MonotonicNs();
  const bool late = next_deadline_ns_ != 0 && next_deadline_ns_ < now_ns;
  CollectAt(late ? next_deadline_ns_ : now_ns);
}

std::vector<const Knote*> Kqueue::Knotes() {
  std::vector<Knote*> dead;
  std::vector<const Knote*> live;
  for (const auto& entry : knotes_) {
    if (IsAlive(*entry.second)) {
      live.push_back(entry.second.get());
    } else {
      dead.push_back(entry.second.get());
    }
  }
  for (Knote* knote : dead) Drop(*knote);
  return live;
}

}  // namespace simulator
