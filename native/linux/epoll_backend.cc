// The backend over epoll(7).
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "../common/allocation.h"
#include "../common/backend.h"
#include "../common/retry.h"
#include "deadline_wait.h"
#include "epoll_descriptor.h"
#include "eventfd_waker.h"
#include "lookout.h"

namespace pollux {

struct Backend {
  explicit Backend(int fd) : epoll_fd(fd) {}
  ~Backend() { close(epoll_fd); }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const int epoll_fd;
  EventfdWaker waker;
  DeadlineWait deadline_wait;
  Registry registry;
  Lookouts lookouts;
  std::atomic<int> references{1};
  std::atomic<bool> closed{false};
};

struct Waiter {
  int capacity;
  epoll_event records[];
};

namespace {

// Kernel user data: descriptor (32 bits), interest (4), generation (28). The interest travels
// with the record, because the kernel may report for a new one that the registry does not have yet.
struct Token {
  int fd;
  uint32_t interest;
  uint32_t generation;
};

constexpr uint64_t kWakerToken = UINT64_MAX;

uint64_t Pack(Token token) {
  return static_cast<uint64_t>(token.generation) << 36 | static_cast<uint64_t>(token.interest & kAskable) << 32 |
         static_cast<uint32_t>(token.fd);
}

Token Unpack(uint64_t data) {
  return {static_cast<int>(static_cast<uint32_t>(data)), static_cast<uint32_t>(data >> 32) & kAskable,
          static_cast<uint32_t>(data >> 36)};
}

uint32_t ToKernel(uint32_t interest) {
  // epoll reports EPOLLHUP and EPOLLERR unasked, over and over. A oneshot registration without
  // bits keeps its place in the kernel's table and can do so once at most.
  if ((interest & kAskable) == 0) return EPOLLONESHOT;
  uint32_t events = 0;
  if (interest & kReadable) events |= EPOLLIN | EPOLLRDHUP;
  if (interest & kWritable) events |= EPOLLOUT;
  if (interest & kPriority) events |= EPOLLPRI;
  if (interest & kReadClosed) events |= EPOLLRDHUP;
  if (interest & kEdge) events |= EPOLLET;
  if (interest & kOneshot) events |= EPOLLONESHOT;
  // epoll_ctl(2): EPOLLEXCLUSIVE goes with IN, OUT, ERR, HUP, WAKEUP and ET only.
  if (interest & kExclusive) events = (events & ~EPOLLRDHUP) | EPOLLEXCLUSIVE;
  return events;
}

uint32_t FromKernel(uint32_t events, uint32_t interest) {
  uint32_t readiness = 0;
  if ((interest & kReadable) && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
    readiness |= kReadable;
  }
  if ((interest & kWritable) && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))) {
    readiness |= kWritable;
  }
  if ((interest & kPriority) && (events & EPOLLPRI)) readiness |= kPriority;
  if ((interest & (kReadable | kReadClosed)) && (events & (EPOLLRDHUP | EPOLLHUP))) {
    readiness |= kReadClosed;
  }
  if (events & EPOLLHUP) readiness |= kHangup;
  if (events & EPOLLERR) readiness |= kError;
  return readiness;
}

SysError Control(Backend* backend, int operation, int fd, uint32_t interest, uint32_t generation) {
  epoll_event event = {};
  event.events = ToKernel(interest);
  event.data.u64 = Pack({fd, interest, generation});
  if (epoll_ctl(backend->epoll_fd, operation, fd, &event) < 0) return {errno, "epoll_ctl"};
  return {};
}

// The descriptor of a registration was closed elsewhere. EPERM: the number is of a file by now that
// cannot be polled.
bool IsGone(SysError error) { return error.code == EBADF || error.code == ENOENT || error.code == EPERM; }

bool Owns(Backend* backend, int fd) { return backend->waker.Owns(fd) || backend->lookouts.Own(fd); }

// What the kernel says of a descriptor that this poller has no registration of.
SysError Unknown(Backend* backend, int fd) {
  if (Owns(backend, fd)) return {ENOENT, "epoll_ctl"};
  const SysError error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
  // It succeeds where dup2() brought back an open file whose record was dropped: not ours either.
  return error ? error : SysError{ENOENT, "epoll_ctl"};
}

bool IsExclusiveInKernel(uint32_t flags) { return (flags & kExclusive) && (flags & kAskable) != 0; }

constexpr int64_t kMsInNs = 1000000;

void Sleep(int64_t length_ns) {
  const timespec length = {0, static_cast<long>(length_ns)};
  // A sandbox may refuse it.
  if (nanosleep(&length, nullptr) < 0 && errno != EINTR) poll(nullptr, 0, 1);
}

// Puts a registration back whose replacement failed. It has just given back what it needs, so that
// ENOMEM and ENOSPC pass, unless other threads take all of it.
SysError Restore(Backend* backend, int fd, Registration former) {
  constexpr int kTriesAtOnce = 16;
  constexpr int kTries = 32;
  for (int tried = 1;; tried++) {
    const SysError error = Control(backend, EPOLL_CTL_ADD, fd, former.flags & ~kRegistered, former.generation);
    if (!error || IsGone(error) || tried == kTries) return error;
    if (tried >= kTriesAtOnce) Sleep(kMsInNs);
  }
}

// epoll_ctl(2): an EPOLLEXCLUSIVE registration cannot be modified, nor made by EPOLL_CTL_MOD.
SysError Replace(Backend* backend, int fd, Registration now, uint32_t interest) {
  SysError error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
  if (error) return error;
  error = Control(backend, EPOLL_CTL_ADD, fd, interest, now.generation);
  if (error && Restore(backend, fd, now)) backend->registry.Drop(fd);
  return error;
}

// Whether the kernel still has the exclusive registration of `fd`; the error that says it has not.
// Changes nothing that can be seen.
SysError ProbeExclusive(Backend* backend, int fd, Registration now) {
  // EINVAL: it is there and cannot be modified. A paused one is as it was afterwards.
  const SysError error = Control(backend, EPOLL_CTL_MOD, fd, 0, now.generation);
  // Any other failure says nothing of the registration.
  if (error.code != EINVAL) return IsGone(error) ? error : SysError{};
  // EINVAL of every operation: the number is of the poller itself by now.
  const SysError again = Control(backend, EPOLL_CTL_ADD, fd, 0, now.generation);
  if (!again) {
    Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
    return {ENOENT, "epoll_ctl"};
  }
  return IsGone(again) || again.code == EINVAL ? again : SysError{};
}

// True when the record belongs to a live registration.
bool IsLive(Registry& registry, const Token& token) {
  if (registry.IsCurrent(token.fd, token.generation)) return true;
  // Another thread may be between epoll_ctl() and its update of the registry: ask again after it.
  MutexLock lock(registry.mutex());
  return registry.IsCurrent(token.fd, token.generation);
}

// Adds an event to the batch, or merges it into the one that the batch has of the descriptor. Only a
// further look of one wait finds a second: a level-triggered file comes round, an edge comes again.
void Deliver(const Token& token, uint32_t readiness, bool is_further, Event* events, int* count) {
  if (is_further) {
    for (int i = 0; i < *count; i++) {
      if (events[i].fd != token.fd) continue;
      const bool is_same = events[i].generation == token.generation;
      events[i] = {token.fd, readiness | (is_same ? events[i].readiness : 0), token.generation};
      return;
    }
  }
  events[(*count)++] = {token.fd, readiness, token.generation};
}

// epoll serves in turn: what is ready may queue behind a batch full of stale records, until one that
// was seen comes again. The one to compare with moves on at each power of two, because a stale record
// may come only once (edge-triggered, or paused) and never be the one that comes again.
class Round {
 public:
  // True when `data` shows that the queue has come round. The next round begins with it.
  bool IsOver(uint64_t data) {
    if (data == mark_) {
      *this = {};
      return true;
    }
    if (++seen_ == next_) {
      mark_ = data;
      next_ *= 2;
    }
    return false;
  }

 private:
  uint64_t mark_ = kWakerToken;  // none
  uint32_t seen_ = 0;
  uint32_t next_ = 1;
};

// Decodes what one look has found. True: the queue has come round.
bool Decode(Backend* backend, const Waiter& waiter, int records, bool is_further, Round* round, Event* events,
            WaitResult* result) {
  bool is_round = false;
  for (int i = 0; i < records; i++) {
    const uint64_t data = waiter.records[i].data.u64;
    if (data == kWakerToken) {
      if (backend->waker.Answer()) result->woken = true;
      continue;
    }
    const Token token = Unpack(data);
    if (token.interest == 0) continue;
    if (IsLive(backend->registry, token)) {
      const int before = result->count;
      Deliver(token, FromKernel(waiter.records[i].events, token.interest), is_further, events, &result->count);
      if (result->count == before) is_round = true;
    } else if (round->IsOver(data)) {
      is_round = true;
    }
  }
  return is_round;
}

// The most records that one wait looks through for a live one. The next goes on where it ended.
constexpr int kMostRecords = 65536;

// epoll_ctl(2) cannot reach a registration whose descriptor was closed while a duplicate keeps the
// open file alive. If that file is ready, level-triggered, every epoll_wait returns at once; rest
// rather than burn a processor.
constexpr int kMostStaleRounds = 16;

void PauseIfSpinning(int stale_rounds, int64_t deadline_ns) {
  if (stale_rounds < kMostStaleRounds) return;
  const int64_t left_ns = deadline_ns - NowNs();
  if (left_ns > 0) Sleep(left_ns < kMsInNs ? left_ns : kMsInNs);
}

// Looks behind the records of a full batch that were no events, for events to put in their place.
void FillUp(Backend* backend, Waiter* waiter, Round* round, Event* events, WaitResult* result) {
  bool goes_on = true;
  for (int left = kMostRecords; goes_on && left > 0;) {
    const int room = waiter->capacity - result->count;
    if (room == 0) return;
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, waiter->records, room, kPollOnly);
    // A failure takes nothing away from what the wait has already.
    if (records <= 0) return;
    left -= records;
    goes_on = !Decode(backend, *waiter, records, true, round, events, result) && records == room;
  }
}

// Makes the kernel report again what is ready. The registry's mutex is held.
void Rearm(Backend* backend, int fd, Registration now) {
  const uint32_t interest = now.flags & ~kRegistered;
  if (IsExclusiveInKernel(now.flags)) {
    Replace(backend, fd, now, interest);
  } else {
    Control(backend, EPOLL_CTL_MOD, fd, interest, now.generation);
  }
}

// The poll functions of some files clear what they report: psi_trigger_poll(), mounts_poll(),
// proc_sys_poll() and others of /proc, always EPOLLPRI or EPOLLERR. A socket repeats both.
bool HasForgotten(int fd, uint32_t events) {
  pollfd again = {fd, POLLPRI, 0};
  if (RetryOnSignal([&] { return poll(&again, 1, 0); }) < 0) return false;
  if (again.revents & POLLNVAL) return false;
  return ((events & EPOLLPRI) && !(again.revents & POLLPRI)) || ((events & EPOLLERR) && !(again.revents & POLLERR));
}

// What epoll_wait() has taken for this record is there again afterwards, or in `*kept`. A
// level-triggered registration stays where it is.
void Return(Backend* backend, Token token, uint32_t events, Event* kept) {
  MutexLock lock(backend->registry.mutex());
  const Registration now = backend->registry.Get(token.fd);
  if (!now.registered() || now.generation != token.generation) return;
  if ((events & (EPOLLPRI | EPOLLERR)) && HasForgotten(token.fd, events)) {
    *kept = {token.fd, FromKernel(events, token.interest), token.generation};
  } else if (now.flags & (kEdge | kOneshot)) {
    Rearm(backend, token.fd, now);
  }
}

}  // namespace

const char* Name() { return "epoll"; }

SysError Open(Backend** out) {
  int epoll_fd = -1;
  const SysError refused = OpenEpoll(&epoll_fd);
  if (refused) return refused;
  Backend* backend = Create<Backend>(epoll_fd);
  if (backend == nullptr) {
    close(epoll_fd);
    return {ENOMEM, "epoll_create1"};
  }
  const SysError error = backend->waker.Open(epoll_fd, kWakerToken);
  if (error) {
    Release(backend);
    return error;
  }
  backend->deadline_wait.Probe(epoll_fd);
  *out = backend;
  return {};
}

void Retain(Backend* backend) { backend->references.fetch_add(1, std::memory_order_relaxed); }

void Release(Backend* backend) {
  if (backend->references.fetch_sub(1, std::memory_order_acq_rel) == 1) Destroy(backend);
}

void Close(Backend* backend) {
  backend->closed.store(true);
  backend->waker.WakeAllForEver(backend->epoll_fd, kWakerToken);
}

SysError Add(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  if (Owns(backend, fd)) return {EEXIST, "epoll_ctl"};
  // The table grows with the highest number: not for one that is not open.
  if (!registry.HasRoom(fd) && fcntl(fd, F_GETFD) < 0) return {errno, "epoll_ctl"};
  if (!registry.Reserve(fd)) return {ENOMEM, "epoll_ctl"};
  const uint32_t next = registry.NextGeneration(fd);
  SysError error = Control(backend, EPOLL_CTL_ADD, fd, interest, next);
  // The kernel knows the descriptor and the registry does not: dup2() brought back an open file
  // whose record was dropped.
  if (error.code == EEXIST && !registry.Get(fd).registered()) {
    error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
    if (!error) error = Control(backend, EPOLL_CTL_ADD, fd, interest, next);
  }
  if (error) return error;
  registry.Put(fd, {next, kRegistered | interest});
  *generation = next;
  return {};
}

SysError Modify(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(fd);
  if (!now.registered()) return Unknown(backend, fd);
  interest |= now.flags & kExclusive;
  if ((interest & kExclusive) && (interest & (kOneshot | kPriority | kReadClosed))) {
    const SysError gone = ProbeExclusive(backend, fd, now);
    if (gone) registry.Drop(fd);
    return gone ? gone : SysError{EINVAL, "epoll_ctl"};
  }
  const bool replace = IsExclusiveInKernel(now.flags) || IsExclusiveInKernel(interest);
  const SysError error =
      replace ? Replace(backend, fd, now, interest) : Control(backend, EPOLL_CTL_MOD, fd, interest, now.generation);
  if (!error) {
    registry.Update(fd, kRegistered | interest);
    *generation = now.generation;
  } else if ((IsGone(error) || (!replace && error.code == EINVAL)) && registry.Get(fd).registered()) {
    // EINVAL of EPOLL_CTL_MOD: the number is of the poller itself by now.
    registry.Drop(fd);
  }
  return error;
}

SysError Remove(Backend* backend, int fd) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  if (!registry.Get(fd).registered()) return Unknown(backend, fd);
  const SysError error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
  // EINVAL: the number is of the poller itself by now.
  if (!error || IsGone(error) || error.code == EINVAL) registry.Drop(fd);
  return error;
}

Waiter* NewWaiter(int capacity) {
  const size_t bytes = sizeof(Waiter) + sizeof(epoll_event) * static_cast<size_t>(capacity);
  auto* waiter = static_cast<Waiter*>(malloc(bytes));
  if (waiter != nullptr) waiter->capacity = capacity;
  return waiter;
}

void DeleteWaiter(Waiter* waiter) { free(waiter); }

SysError Wait(Backend* backend, Waiter* waiter, int64_t deadline_ns, Event* events, WaitResult* result) {
  *result = {0, false};
  Round round;
  int left = kMostRecords;
  for (int stale_rounds = 0;;) {
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, waiter->records, waiter->capacity, deadline_ns);
    if (backend->closed.load(std::memory_order_relaxed)) return {ECANCELED, "epoll_wait"};
    if (records < 0) {
      if (errno != EINTR) return {errno, "epoll_wait"};
      // EINTR: the kernel did not check; try again.
      if (deadline_ns == kPollOnly && --left > 0) continue;
    }
    if (records > 0) {
      const bool is_full = records == waiter->capacity;
      const bool is_round = Decode(backend, *waiter, records, false, &round, events, result);
      if (result->count > 0 || result->woken) {
        if (!is_full) return {};
        if (result->count < records) FillUp(backend, waiter, &round, events, result);
        // A wake that found no room in the batch.
        if (backend->waker.Answer()) result->woken = true;
        return {};
      }
      left -= records;
      if (is_full && !is_round && left > 0) {
        // The first round is looked through whatever the deadline, as a look without blocking does.
        if (stale_rounds == 0) continue;
      } else {
        left = kMostRecords;
        PauseIfSpinning(++stale_rounds, deadline_ns);
      }
    }
    if (deadline_ns == kPollOnly) return {};
    if (deadline_ns != kNever && NowNs() >= deadline_ns) return {};
  }
}

void Wake(Backend* backend) { backend->waker.Wake(); }

SysError OpenLookout(Backend* backend, Lookout** out) {
  auto* lookout = Create<Lookout>();
  if (lookout == nullptr) return {ENOMEM, "malloc"};
  MutexLock lock(backend->registry.mutex());
  const SysError error = lookout->Open(backend->epoll_fd);
  if (error) {
    Destroy(lookout);
    return error;
  }
  backend->lookouts.Insert(lookout);
  *out = lookout;
  return {};
}

void CloseLookout(Backend* backend, Lookout* lookout) {
  MutexLock lock(backend->registry.mutex());
  backend->lookouts.Remove(lookout);
  Destroy(lookout);
}

SysError LookOut(Backend* backend, Lookout* lookout, Event* kept) {
  kept->readiness = 0;
  for (;;) {
    epoll_event record;
    const int records = epoll_wait(backend->epoll_fd, &record, 1, -1);
    if (backend->closed.load(std::memory_order_relaxed)) return {ECANCELED, "epoll_wait"};
    if (records < 0 && errno != EINTR) return {errno, "epoll_wait"};
    if (records <= 0) continue;
    const uint64_t data = record.data.u64;
    if (data == kWakerToken) {
      backend->waker.Wake();
      return {};
    }
    const Token token = Unpack(data);
    if (token.interest != 0) {
      Return(backend, token, record.events, kept);
      return {};
    }
    if (token.generation == 0) {
      if (token.fd == lookout->fd) return {};
      // The recall of another thread, which takes it in a moment.
      sched_yield();
    }
  }
}

void Recall(Lookout* lookout) { lookout->Ring(); }

void EndRecall(Lookout* lookout) { lookout->Drain(); }

void GiveBack(Backend* backend, const Event& event) {
  MutexLock lock(backend->registry.mutex());
  const Registration now = backend->registry.Get(event.fd);
  if (!now.registered() || now.generation != event.generation) return;
  if (now.flags & kOneshot) Rearm(backend, event.fd, now);
}

int Descriptor(const Backend* backend) { return backend->epoll_fd; }

Capabilities CapabilitiesOf(const Backend* backend) {
  return {true, true, true, true, true, true, true, backend->deadline_wait.resolution_ns()};
}

Registry& RegistryOf(Backend* backend) { return backend->registry; }

}  // namespace pollux
