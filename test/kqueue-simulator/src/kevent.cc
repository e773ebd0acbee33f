// kqueue(2) and kevent(2).
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
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

struct Result {
  int count;
  int error;
};

// kqueue_kevent(): a change that fails, or asks for a receipt, takes one place in the event list. Without a place the
// call ends there, with the error or, for a receipt, with success. `*over`: there is nothing to wait for.
Result ApplyChanges(Kqueue& kqueue, const Call& call, bool* over) {
  int receipts = 0;
  for (int i = 0; i < call.change_count; i++) {
    struct kevent change = call.changes[i];
    change.flags &= static_cast<unsigned short>(~EV_SYSFLAGS);
    int error = Faults::Get().OnChange(change);
    if (error == 0) error = kqueue.Apply(change);
    if (error == 0 && (change.flags & EV_RECEIPT) == 0) continue;
    if (receipts == call.capacity) {
      *over = true;
      return {0, error};
    }
    change.flags = EV_ERROR;
    change.data = error;
    call.events[receipts++] = change;
  }
  *over = receipts > 0;
  return {receipts, 0};
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

// Signals that arrive between two sleeps of one call must end it, as they would end the one sleep of a kernel: they
// are held back except while the call sleeps.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // Returns 0 or the errno.
  int Sleep(int fd, const timespec* remaining) const {
    pollfd entry = {fd, POLLIN, 0};
    return ppoll(&entry, 1, remaining, &before_) < 0 ? errno : 0;
  }

 private:
  sigset_t before_;
};

// The sleep of kqueue_scan(), with the lock held except while it lasts.
Result Block(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Kqueue>& kqueue, const Call& call,
             const timespec* timeout) {
  const int64_t slice_ns = kqueue->personality().close_wakes_waiters ? kCloseCheckNs : 0;
  const Deadline deadline(timeout);
  const HeldSignals signals;
  while (!deadline.HasPassed()) {
    timespec remaining;
    const timespec* sleep_time = deadline.Remaining(slice_ns, &remaining);
    lock.unlock();
    const int error = signals.Sleep(call.kq, sleep_time);
    lock.lock();
    if (error != 0) return {0, error};
    if (Registry::Get().Find(call.kq) != kqueue) return {0, EBADF};
    kqueue->CollectAfterSleep();
    const int count = kqueue->Scan(call.events, call.capacity);
    if (count > 0) return {count, 0};
  }
  return {0, 0};
}

Result Wait(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Kqueue>& kqueue, const Call& call,
            const timespec* timeout) {
  if (call.capacity == 0) return {0, 0};
  if (timeout != nullptr && !IsValid(kqueue->personality(), *timeout)) return {0, EINVAL};
  kqueue->CompareAll();
  const int count = kqueue->Scan(call.events, call.capacity);
  const bool blocks = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  if (count > 0 || !blocks) return {count, 0};
  if (Faults::Get().TakeInterrupt()) return {0, EINTR};
  return Block(lock, kqueue, call, timeout);
}

Result Run(const Call& call, const timespec* timeout) {
  std::unique_lock<std::mutex> lock(Registry::Get().mutex());
  const std::shared_ptr<Kqueue> kqueue = Registry::Get().Find(call.kq);
  if (kqueue == nullptr) return {0, EBADF};
  const int error = Faults::Get().OnKevent();
  if (error != 0) return {0, error};
  bool over = false;
  const Result result = ApplyChanges(*kqueue, call, &over);
  kqueue->Collect();
  const int late_error = call.change_count > 0 ? Faults::Get().OnAnswer() : 0;
  if (late_error != 0) return {0, late_error};
  return over ? result : Wait(lock, kqueue, call, timeout);
}

Result Open() {
  std::lock_guard<std::mutex> lock(Registry::Get().mutex());
  int fd = -1;
  int error = Faults::Get().OnKqueue();
  if (error == 0) error = Registry::Get().Open(&fd);
  return {fd, error};
}

// errno is set last: nothing that is destroyed on the way out may change it.
int Return(const Result& result) {
  if (result.error == 0) return result.count;
  errno = result.error;
  return -1;
}

}  // namespace
}  // namespace simulator

int kqueue(void) { return simulator::Return(simulator::Open()); }

int kevent(int kq, const struct kevent* changelist, int nchanges, struct kevent* eventlist, int nevents,
           const struct timespec* timeout) {
  simulator::RunInterlude();
  const simulator::Call call = {kq, changelist, nchanges, eventlist, nevents > 0 ? nevents : 0};
  return simulator::Return(simulator::Run(call, timeout));
}
