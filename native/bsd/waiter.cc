#include "waiter.h"

#include <cstdlib>

#include "deadline_wait.h"
#include "knotes.h"
#include "registration_flags.h"

namespace pollux {
namespace {

// True when a record with this token belongs to a live registration, which is `*now`.
bool IsLive(Registry& registry, int fd, uintptr_t token, Registration* now) {
  *now = registry.Get(fd);
  if (now->registered() && TokenOf(*now) == token) return true;
  // Another thread may be between kevent() and its update of the registry: ask again after it.
  MutexLock lock(registry.mutex());
  *now = registry.Get(fd);
  return now->registered() && TokenOf(*now) == token;
}

}  // namespace

Waiter::~Waiter() { free(records_); }

bool Waiter::Reserve() {
  const size_t bytes = sizeof(KernelRecord) * static_cast<size_t>(capacity_);
  records_ = static_cast<KernelRecord*>(malloc(bytes));
  return records_ != nullptr && merged_.Reserve(capacity_);
}

// False when a record repeats what the batch has: then every ready knote has had its turn.
bool Waiter::Merge(KqueueWaker& waker, Registry& registry, int count, WaitResult* result) {
  bool is_new = true;
  for (int i = 0; i < count; i++) {
    const KernelRecord& record = records_[i];
    const uintptr_t token = UserDataOf(record);
    if (token == kWakerToken) {
      waker.Answer();
      result->woken = true;
      continue;
    }
    const int fd = static_cast<int>(record.ident);
    Registration now;
    if (!IsLive(registry, fd, token, &now) || (now.flags & kDisarmed)) continue;
    if (!merged_.Of(fd, now).Merge(record)) is_new = false;
  }
  return is_new;
}

void Waiter::Begin() {
  merged_.Clear();
  BeginRound();
}

bool Waiter::Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count, WaitResult* result) {
  for (int asked = room();;) {
    if (!Merge(waker, registry, count, result)) has_repeated_ = true;
    if (count > 0) fetched_ += static_cast<uint64_t>(count);
    if (count < asked) return false;
    asked = room();
    if (has_repeated_ || asked == 0 || result->woken) return true;
    count = WaitUntil(kqueue_fd, records_, asked, kPollOnly);
  }
}

void Waiter::CountIdle(const DescriptorState& state) {
  const DescriptorState& first = first_idle_;
  if (first.reported == 0) {
    first_idle_ = state;
  } else if (state.fd == first.fd && (state.reported & first.reported) &&
             TokenOf(state.registration) == TokenOf(first.registration)) {
    has_repeated_ = true;
  }
}

void Waiter::DropIdle() {
  bool has_idle = false;
  for (int i = 0; i < merged_.size(); i++) {
    if (merged_[i].in_batch) continue;
    CountIdle(merged_[i]);
    has_idle = true;
  }
  if (has_idle) merged_.DropIdle();
}

bool Waiter::HasComeRound(uint32_t registrations) const {
  return has_repeated_ || fetched_ > uint64_t{kFilterCount} * registrations + 1;
}

void Waiter::BeginRound() {
  fetched_ = 0;
  has_repeated_ = false;
  first_idle_ = {};
}

}  // namespace pollux
