// The backend over epoll(7).
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdlib>

#include "../common/allocation.h"
#include "../common/backend.h"
#include "../common/retry.h"
#include "entries.h"
#include "epoll_calls.h"
#include "epoll_waker.h"
#include "record_buffer.h"

namespace pollux {

struct Backend {
  explicit Backend(int fd) : epoll_fd(fd) {}
  ~Backend() { close(epoll_fd); }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const int epoll_fd;
  EpollWaker waker;
  DeadlineWait deadline_wait;
  Registry registry;
  Lookouts lookouts;
};

namespace {

bool Owns(Backend* backend, int fd) { return backend->waker.Owns(fd) || backend->lookouts.Own(fd); }

// The error for a descriptor that is not registered with this poller.
SysError Unknown(Backend* backend, int fd) {
  if (Owns(backend, fd)) return {ENOENT, "epoll_ctl"};
  const SysError error = Control(backend->epoll_fd, EPOLL_CTL_DEL, fd, {});
  // EPOLL_CTL_DEL succeeds if dup2() brought back an open file whose record was dropped. Such an entry is no
  // registration either.
  return error ? error : SysError{ENOENT, "epoll_ctl"};
}

// The most records that one wait looks through for a live one. The next wait goes on where this one ended.
constexpr int kMostRecords = 65536;

// epoll_ctl(2) cannot reach a registration whose descriptor was closed while a duplicate keeps the open file alive. If
// that file is ready, level-triggered, every epoll_wait returns at once. After this many such rounds the thread pauses,
// so that it does not use a whole processor.
constexpr int kMostStaleRounds = 16;

void PauseIfSpinning(int stale_rounds, int64_t deadline_ns) {
  constexpr int64_t kMsInNs = 1000000;
  if (stale_rounds < kMostStaleRounds) return;
  const int64_t left_ns = deadline_ns - NowNs();
  if (left_ns > 0) SleepNs(left_ns < kMsInNs ? left_ns : kMsInNs);
}

// If records of a full batch were no events, fetches further records for events to put in their place.
void FillUp(Backend* backend, RecordBuffer* buffer, Round* round, Event* events, WaitResult* result) {
  bool goes_on = true;
  for (int left = kMostRecords; goes_on && left > 0;) {
    const int room = buffer->capacity - result->count;
    if (room == 0) return;
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, buffer->records, room, kPollOnly);
    // A failure is ignored: what the wait has found already is delivered.
    if (records <= 0) return;
    left -= records;
    const bool is_round = Decode(backend->waker, backend->registry, buffer, records, true, round, events, result);
    goes_on = !is_round && records == room;
  }
}

// Makes the kernel report again what is ready. The registry's mutex is held.
void Rearm(Backend* backend, int fd, Registration now) {
  bool lost = false;
  ReplaceEntry(backend->epoll_fd, fd, now, now, &lost);
  if (lost) backend->registry.Drop(fd);
}

// The poll functions of some files clear what they report: psi_trigger_poll(), mounts_poll(), proc_sys_poll() and
// others of /proc, always EPOLLPRI or EPOLLERR. A socket repeats both.
bool HasForgotten(int fd, uint32_t events) {
  pollfd again = {fd, POLLPRI, 0};
  if (RetryOnSignal([&] { return poll(&again, 1, 0); }) < 0) return false;
  if (again.revents & POLLNVAL) return false;
  return ((events & EPOLLPRI) && !(again.revents & POLLPRI)) || ((events & EPOLLERR) && !(again.revents & POLLERR));
}

// Gives back what epoll_wait() took with this record: it is ready again afterwards, or is in `*kept`. A level-triggered
// registration stays where it is in the kernel's queue.
void Return(Backend* backend, const Token& token, uint32_t events, Event* kept) {
  MutexLock lock(backend->registry.mutex());
  const Registration now = backend->registry.Get(token.fd);
  if (!now.registered() || now.generation != token.generation) return;
  if ((events & (EPOLLPRI | EPOLLERR)) && HasForgotten(token.fd, events)) {
    *kept = {token.fd, FromKernel(events, token.interest), token.generation};
    return;
  }
  // A modify() since the record has armed the registration, and its event may have been delivered.
  if ((now.flags & kParity) != token.parity) return;
  if (now.flags & (kEdge | kOneshot)) Rearm(backend, token.fd, now);
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
    Destroy(backend);
    return error;
  }
  backend->deadline_wait.Probe(epoll_fd);
  *out = backend;
  return {};
}

void Close(Backend* backend) { Destroy(backend); }

SysError Add(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  if (Owns(backend, fd)) return {EEXIST, "epoll_ctl"};
  if (!registry.HasRoom(fd)) {
    // The registry grows with the highest number, and must not grow for a number that is not open.
    if (fcntl(fd, F_GETFD) < 0) return {errno, "epoll_ctl"};
    if (!registry.Reserve(fd)) return {ENOMEM, "epoll_ctl"};
  }
  const Registration next = {registry.NextGeneration(fd), kRegistered | interest};
  SysError error = Control(backend->epoll_fd, EPOLL_CTL_ADD, fd, next);
  // The kernel knows the descriptor and the registry does not: dup2() brought back an open file
  // whose record was dropped.
  if (error.code == EEXIST && !registry.Get(fd).registered()) {
    error = Control(backend->epoll_fd, EPOLL_CTL_DEL, fd, next);
    if (!error) error = Control(backend->epoll_fd, EPOLL_CTL_ADD, fd, next);
  }
  if (error) return error;
  registry.Put(fd, next);
  *generation = next.generation;
  return {};
}

SysError Modify(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(fd);
  if (!now.registered()) return Unknown(backend, fd);
  interest |= now.flags & kExclusive;
  if ((interest & kExclusive) && (interest & (kOneshot | kPriority | kReadClosed))) {
    const SysError gone = ProbeExclusive(backend->epoll_fd, fd, now);
    if (gone) registry.Drop(fd);
    return gone ? gone : SysError{EINVAL, "epoll_ctl"};
  }
  const Registration next = {now.generation, kRegistered | interest | (~now.flags & kParity)};
  bool lost = false;
  const SysError error = ReplaceEntry(backend->epoll_fd, fd, now, next, &lost);
  if (!error) {
    registry.Update(fd, next.flags);
    *generation = next.generation;
  } else if (lost || IsGone(error)) {
    registry.Drop(fd);
    // EINVAL can also mean that the number belongs again to a file that was registered exclusively.
    if (error.code == EINVAL) return Unknown(backend, fd);
  }
  return error;
}

SysError Remove(Backend* backend, int fd) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(fd);
  if (!now.registered()) return Unknown(backend, fd);
  const SysError error = Control(backend->epoll_fd, EPOLL_CTL_DEL, fd, now);
  // EINVAL: the number now belongs to the poller itself.
  if (!error || IsGone(error) || error.code == EINVAL) registry.Drop(fd);
  return error;
}

RecordBuffer* NewRecordBuffer(int capacity) {
  const size_t bytes = sizeof(RecordBuffer) + sizeof(epoll_event) * static_cast<size_t>(capacity);
  auto* buffer = static_cast<RecordBuffer*>(malloc(bytes));
  if (buffer == nullptr) return nullptr;
  buffer->capacity = capacity;
  buffer->prefetching = {};
  return buffer;
}

void DeleteRecordBuffer(RecordBuffer* buffer) { free(buffer); }

SysError Wait(Backend* backend, RecordBuffer* buffer, int64_t deadline_ns, Event* events, WaitResult* result) {
  *result = {0, false};
  Round round;
  int left = kMostRecords;
  for (int stale_rounds = 0;;) {
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, buffer->records, buffer->capacity, deadline_ns);
    if (records < 0) {
      if (errno != EINTR) return {errno, "epoll_wait"};
      // EINTR: the kernel did not check; try again.
      if (deadline_ns == kPollOnly && --left > 0) continue;
    }
    if (records > 0) {
      const bool is_full = records == buffer->capacity;
      const bool is_round = Decode(backend->waker, backend->registry, buffer, records, false, &round, events, result);
      if (result->count > 0 || result->woken) {
        if (!is_full) return {};
        if (result->count < records) FillUp(backend, buffer, &round, events, result);
        // The record of a wake may have found no room in the batch.
        if (backend->waker.Answer()) result->woken = true;
        return {};
      }
      left -= records;
      if (is_full && !is_round && left > 0) {
        // The first round reads all records even when the deadline has passed, as a wait does that must not block.
        if (stale_rounds == 0) continue;
      } else {
        left = kMostRecords;
        PauseIfSpinning(++stale_rounds, deadline_ns);
      }
    }
    if (deadline_ns == kPollOnly || (deadline_ns != kNever && NowNs() >= deadline_ns)) {
      // A lookout may have taken the record of a wake and not passed it on yet.
      result->woken = backend->waker.Answer();
      return {};
    }
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
  *kept = {-1, 0, 0};
  for (;;) {
    epoll_event record;
    const int records = backend->deadline_wait.Wait(backend->epoll_fd, &record, 1, kNever);
    if (records < 0 && errno != EINTR) return {errno, "epoll_wait"};
    if (records <= 0) continue;
    const uint64_t data = record.data.u64;
    if (data == kWakerToken) {
      // The record may be that of a wake that was reported with a full batch.
      if (backend->waker.PassOn()) return {};
      continue;
    }
    const Token token = Unpack(data);
    if (token.interest != 0) {
      *kept = {token.fd, 0, token.generation};
      Return(backend, token, record.events, kept);
      return {};
    }
    if (token.generation == 0) {
      if (token.fd == lookout->recall.fd()) return {};
      // The recall of another lookout, whose thread takes it in a moment.
      sched_yield();
    }
  }
}

void Recall(Lookout* lookout) { lookout->recall.Set(); }

void EndRecall(Lookout* lookout) { lookout->recall.Clear(); }

void GiveBack(Backend* backend, const Event& event) {
  MutexLock lock(backend->registry.mutex());
  const Registration now = backend->registry.Get(event.fd);
  if (!now.registered() || now.generation != event.generation) return;
  if (now.flags & kOneshot) Rearm(backend, event.fd, now);
}

int Descriptor(const Backend* backend) { return backend->epoll_fd; }

Capabilities CapabilitiesOf(const Backend* backend) {
  return {
      .edge = true,
      .oneshot = true,
      .priority = true,
      .exclusive = true,
      .read_closed = true,
      .nested = true,
      .threads = true,
      .timeout_resolution_ns = backend->deadline_wait.resolution_ns(),
  };
}

Registry& RegistryOf(Backend* backend) { return backend->registry; }

}  // namespace pollux
