// kqueue(2) and kevent(2).
#include <errno.h>
#include <poll.h>
#include <time.h>

#include <mutex>

#include "faults.h"
#include "registry.h"

namespace simulator {
namespace {

// How soon a wait notices that its kqueue was closed, on kernels where close() ends it.
constexpr int64_t kCloseCheckNs = 20 * 1000000;

struct Call {
  int kq;
  const struct kevent* changes;
  int change_count;
  struct kevent* events;
  int capacity;
};

int Fail(int error) {
  errno = error;
  return -1;
}

// kqueue_kevent(): a change that fails, or asks for a receipt, takes one place in the event list. Without a place the
// call ends there, with the error or, for a receipt, with success. Returns whether the call is over.
bool ApplyChanges(Kqueue& kqueue, const Call& call, int* result) {
  int receipts = 0;
  for (int i = 0; i < call.change_count; i++) {
    struct kevent change = call.changes[i];
    change.flags &= static_cast<unsigned short>(~EV_SYSFLAGS);
    int error = Faults::Get().OnChange(change);
    if (error == 0) error = kqueue.Apply(change);
    if (error == 0 && (change.flags & EV_RECEIPT) == 0) continue;
    if (receipts == call.capacity) {
      *result = error == 0 ? 0 : Fail(error);
      return true;
    }
    change.flags = EV_ERROR;
    change.data = error;
    call.events[receipts++] = change;
  }
  *result = receipts;
  return receipts > 0;
}

bool IsValid(const Personality& personality, const timespec& timeout) {
  if (timeout.tv_sec < 0 || timeout.tv_nsec < 0 || timeout.tv_nsec >= 1000000000) return false;
  return personality.longest_timeout_s == 0 || timeout.tv_sec <= personality.longest_timeout_s;
}

class Deadline {
 public:
  explicit Deadline(const timespec* timeout) : endless_(timeout == nullptr || timeout->tv_sec > kLongestS) {
    if (!endless_) at_ns_ = MonotonicNs() + static_cast<int64_t>(timeout->tv_sec) * 1000000000 + timeout->tv_nsec;
  }

  bool HasPassed() const { return !endless_ && MonotonicNs() >= at_ns_; }

  // The time to sleep now, at most `slice_ns` if that is not 0. Returns null for an endless sleep.
  const timespec* Remaining(int64_t slice_ns, timespec* remaining) const {
    int64_t left_ns = endless_ ? INT64_MAX : at_ns_ - MonotonicNs();
    if (left_ns < 0) left_ns = 0;
    if (slice_ns != 0 && left_ns > slice_ns) left_ns = slice_ns;
    if (left_ns == INT64_MAX) return nullptr;
    remaining->tv_sec = left_ns / 1000000000;
    remaining->tv_nsec = left_ns % 1000000000;
    return remaining;
  }

 private:
  static constexpr time_t kLongestS = 1000000000;
  bool endless_;
  int64_t at_ns_ = 0;
};

// kqueue_scan(), with the lock held except while it sleeps.
int Wait(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Kqueue>& kqueue, const Call& call, const timespec* timeout) {
  const Personality& personality = kqueue->personality();
  if (call.capacity == 0) return 0;
  if (timeout != nullptr && !IsValid(personality, *timeout)) return Fail(EINVAL);
  const bool blocks = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  const Deadline deadline(timeout);
  const int64_t slice_ns = personality.close_wakes_waiters ? kCloseCheckNs : 0;
  bool interruptible = blocks;
  for (;;) {
    const int count = kqueue->Scan(call.events, call.capacity);
    if (count > 0 || !blocks) return count;
    if (interruptible && Faults::Get().TakeInterrupt()) return Fail(EINTR);
    interruptible = false;
    if (deadline.HasPassed()) return 0;

    lock.unlock();
    pollfd entry = {call.kq, POLLIN, 0};
    timespec remaining;
    const int polled = ppoll(&entry, 1, deadline.Remaining(slice_ns, &remaining), nullptr);
    const int error = polled < 0 ? errno : 0;
    lock.lock();
    if (error != 0) return Fail(error);
    if (Registry::Get().Find(call.kq) != kqueue) return Fail(EBADF);
    kqueue->Collect();
  }
}

}  // namespace
}  // namespace simulator

using simulator::Faults;
using simulator::Kqueue;
using simulator::Registry;

int kqueue(void) {
  simulator::CurrentPersonality();
  int error = Faults::Get().OnKqueue();
  int fd = -1;
  if (error == 0) {
    std::lock_guard<std::mutex> lock(Registry::Get().mutex());
    error = Registry::Get().Open(&fd);
  }
  return error == 0 ? fd : simulator::Fail(error);
}

int kevent(int kq, const struct kevent* changelist, int nchanges, struct kevent* eventlist, int nevents,
           const struct timespec* timeout) {
  const simulator::Call call = {kq, changelist, nchanges, eventlist, nevents > 0 ? nevents : 0};
  std::unique_lock<std::mutex> lock(Registry::Get().mutex());
  const std::shared_ptr<Kqueue> kqueue = Registry::Get().Find(kq);
  if (kqueue == nullptr) return simulator::Fail(EBADF);
  const int error = Faults::Get().OnKevent();
  if (error != 0) return simulator::Fail(error);
  int result = 0;
  if (simulator::ApplyChanges(*kqueue, call, &result)) return result;
  kqueue->Collect();
  return simulator::Wait(lock, kqueue, call, timeout);
}
