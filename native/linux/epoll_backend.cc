// The backend over epoll(7).
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "../common/allocation.h"
#include "../common/backend.h"
#include "deadline_wait.h"
#include "eventfd_waker.h"

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
  return static_cast<uint64_t>(token.generation) << 36 |
         static_cast<uint64_t>(token.interest & kAskable) << 32 | static_cast<uint32_t>(token.fd);
}

Token Unpack(uint64_t data) {
  return {static_cast<int>(static_cast<uint32_t>(data)),
          static_cast<uint32_t>(data >> 32) & kAskable, static_cast<uint32_t>(data >> 36)};
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
bool IsGone(SysError error) {
  return error.code == EBADF || error.code == ENOENT || error.code == EPERM;
}

// What the kernel says of a descriptor that this poller has no registration of.
SysError Unknown(Backend* backend, int fd) {
  if (backend->waker.Owns(fd)) return {ENOENT, "epoll_ctl"};
  const SysError error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
  // It succeeds where dup2() brought back an open file whose record was dropped: not ours either.
  return error ? error : SysError{ENOENT, "epoll_ctl"};
}

bool IsExclusiveInKernel(uint32_t flags) {
  return (flags & kExclusive) && (flags & kAskable) != 0;
}

// epoll_ctl(2): an EPOLLEXCLUSIVE registration cannot be modified, nor made by EPOLL_CTL_MOD.
SysError Replace(Backend* backend, int fd, Registration now, uint32_t interest) {
  SysError error = Control(backend, EPOLL_CTL_DEL, fd, 0, 0);
  if (error) return error;
  error = Control(backend, EPOLL_CTL_ADD, fd, interest, now.generation);
  if (!error) return error;
  if (Control(backend, EPOLL_CTL_ADD, fd, now.flags & ~kRegistered, now.generation)) {
    backend->registry.Drop(fd);
  }
  return error;
}

// True when the record belongs to a live registration.
bool IsLive(Registry& registry, const Token& token) {
  if (registry.IsCurrent(token.fd, token.generation)) return true;
  // Another thread may be between epoll_ctl() and its update of the registry: ask again after it.
  MutexLock lock(registry.mutex());
  return registry.IsCurrent(token.fd, token.generation);
}

void Decode(Registry& registry, const Waiter& waiter, int records, Event* events,
            WaitResult* result) {
  int count = 0;
  for (int i = 0; i < records; i++) {
    const uint64_t data = waiter.records[i].data.u64;
    if (data == kWakerToken) {
      result->woken = true;
      continue;
    }
    const Token token = Unpack(data);
    if (token.interest == 0 || !IsLive(registry, token)) continue;
    events[count++] = {token.fd, FromKernel(waiter.records[i].events, token.interest),
                       token.generation};
  }
  result->count = count;
}

// epoll_ctl(2) cannot reach a registration whose descriptor was closed while a duplicate keeps the
// open file alive. If that file is ready, level-triggered, every epoll_wait returns at once; rest
// rather than burn a processor.
constexpr int kMostStaleRounds = 16;

// epoll serves in turn: live records may queue behind a batch full of stale ones, until one of those
// comes again. Those of paused registrations come once.
bool HasComeRound(const Waiter& waiter, int records, uint64_t* first_stale) {
  bool is_round = false;
  for (int i = 0; i < records; i++) {
    const uint64_t data = waiter.records[i].data.u64;
    if (Unpack(data).interest == 0) continue;
    if (data == *first_stale) is_round = true;
    if (*first_stale == kWakerToken) *first_stale = data;
  }
  return is_round;
}

void PauseIfSpinning(int stale_rounds) {
  if (stale_rounds < kMostStaleRounds) return;
  const timespec pause = {0, 1000000};
  nanosleep(&pause, nullptr);
}

}  // namespace

const char* Name() { return "epoll"; }

SysError Open(Backend** out) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return {errno, "epoll_create1"};
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
  if (backend->waker.Owns(fd)) return {EEXIST, "epoll_ctl"};
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
    return {EINVAL, "epoll_ctl"};
  }
  const bool replace = IsExclusiveInKernel(now.flags) || IsExclusiveInKernel(interest);
  const SysError error = replace ? Replace(backend, fd, now, interest)
                                 : Control(backend, EPOLL_CTL_MOD, fd, interest, now.generation);
  if (!error) {
    registry.Update(fd, kRegistered | interest);
    *generation = now.generation;
  } else if ((IsGone(error) || (!replace && error.code == EINVAL)) &&
             registry.Get(fd).registered()) {
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

SysError Wait(Backend* backend, Waiter* waiter, int64_t deadline_ns, Event* events,
              WaitResult* result) {
  *result = {0, false};
  uint64_t first_stale = kWakerToken;  // none
  for (int stale_rounds = 0;;) {
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, waiter->records,
                                                    waiter->capacity, deadline_ns);
    if (backend->closed.load(std::memory_order_relaxed)) return {ECANCELED, "epoll_wait"};
    if (records < 0) {
      if (errno != EINTR) return {errno, "epoll_wait"};
      // An interrupted look has not looked.
      if (deadline_ns == kPollOnly) continue;
    }
    if (records > 0) {
      Decode(backend->registry, *waiter, records, events, result);
      if (result->count > 0 || result->woken) return {};
      const bool is_full = records == waiter->capacity;
      const bool is_round = HasComeRound(*waiter, records, &first_stale);
      if (is_full && !is_round) continue;
      first_stale = kWakerToken;
      PauseIfSpinning(++stale_rounds);
    }
    if (deadline_ns == kPollOnly) return {};
    if (deadline_ns != kNever && NowNs() >= deadline_ns) return {};
  }
}

void Wake(Backend* backend) { backend->waker.Wake(); }

int Descriptor(const Backend* backend) { return backend->epoll_fd; }

Capabilities CapabilitiesOf(const Backend* backend) {
  return {true, true, true, true, true, true, true, backend->deadline_wait.resolution_ns()};
}

Registry& RegistryOf(Backend* backend) { return backend->registry; }

}  // namespace pollux
