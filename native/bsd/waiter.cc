#include "waiter.h"

#include <cstdlib>

#include "deadline_wait.h"
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

bool Waiter::Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count,
                     WaitResult* result) {
  merged_.Clear();
  for (int room = capacity_;;) {
    const bool is_new = Merge(waker, registry, count, result);
    if (count < room) return false;
    room = capacity_ - merged_.size();
    if (!is_new || room == 0 || result->woken) return true;
    count = WaitUntil(kqueue_fd, records_, room, kPollOnly);
  }
}

}  // namespace pollux
