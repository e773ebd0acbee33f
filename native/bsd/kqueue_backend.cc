// The backend over kqueue(2).
#include <errno.h>

#include "../common/allocation.h"
#include "../common/backend.h"
#include "change_list.h"
#include "knotes.h"
#include "kqueue_waker.h"
#include "readiness.h"
#include "record_buffer.h"
#include "registration.h"
#include "upkeep.h"

namespace pollux {

struct Backend {
  KqueueDescriptor kqueue;
  KqueueWaker waker;
  DirectionQuery query;
  LateListeners late_listeners;
  Registry registry;
  bool has_except_filter = false;
};

namespace {

SysError Control(Backend* backend, int fd, Registration from, Registration to, bool* lost) {
  return ReplaceKnotes(backend->kqueue.fd(), fd, from, to, lost);
}

// Whether `fd` can be registered with this poller, and what it is.
SysError FindKindFor(Backend* backend, int fd, uint32_t* kind) {
  return fd == backend->kqueue.fd() ? SysError{EINVAL, "kevent"} : FindKindBits(fd, kind);
}

bool Owns(Backend* backend, int fd) { return backend->waker.Owns(fd) || backend->query.Owns(fd); }

// The error for a descriptor that is not registered with this poller.
SysError Unknown(Backend* backend, int fd) {
  uint32_t kind = 0;
  const SysError error = FindKindFor(backend, fd, &kind);
  return error ? error : SysError{ENOENT, "kevent"};
}

bool IsSupported(const Backend* backend, uint32_t interest) {
  return (interest & kExclusive) == 0 && ((interest & kPriority) == 0 || backend->has_except_filter);
}

// Kernels have many errors for a file without filters. Callers get EPERM, as from epoll.
SysError WithoutDialect(SysError error, uint32_t kind) {
  const bool is_refusal = IsRefusal(error.code) && (error.code != EINVAL || kind == kDevice);
  return is_refusal ? SysError{EPERM, error.syscall} : error;
}

// Returns the readiness of one descriptor, or 0 for no event, and changes its knotes as that readiness requires.
uint32_t Decide(Backend* backend, DescriptorState& state, bool is_partial) {
  const int kqueue_fd = backend->kqueue.fd();
  const uint32_t flags = state.registration.flags;
  Complete(state, is_partial, backend->query);
  const uint32_t readiness = FromKernel(state, flags);
  if (readiness != 0 && (flags & kOneshot)) {
    return Claim(kqueue_fd, backend->registry, state) ? readiness : 0;
  }
  KeepReporting(kqueue_fd, backend->registry, state, readiness);
  return readiness;
}

// Makes events of the states. The states of the batch are in the order of its events: a state that has an event already
// and was updated updates that event.
void Decode(Backend* backend, RecordBuffer& buffer, bool is_partial, Event* events, WaitResult* result) {
  for (int i = 0; i < buffer.merged().size(); i++) {
    DescriptorState& state = buffer.merged()[i];
    if (!state.updated) continue;
    state.updated = false;
    const uint32_t readiness = Decide(backend, state, is_partial);
    if (readiness == 0) continue;
    const int index = state.in_batch ? i : result->count++;
    events[index] = {state.fd, readiness, state.registration.generation};
    state.in_batch = true;
  }
  buffer.DropIdle();
}

// How often a kevent() that does not sleep is repeated after EINTR. Interrupts are not expected there.
constexpr int kMostInterrupts = 100;

// Where a peer sends to a registration for READ_CLOSED alone, every round brings records that make no event. After this
// many rounds in a row the thread pauses, so that it does not use a whole processor.
constexpr int kMostIdleRounds = 16;

void PauseIfSpinning(int idle_rounds) {
  if (idle_rounds < kMostIdleRounds) return;
  SleepNs(1000000);
}

// EV_ADD of a filter that the kernel lacks is EINVAL, of a descriptor that is not open EBADF.
bool HasExceptFilter(int kqueue_fd) {
  if (!kHeaderHasExceptFilter) return false;
  const KernelRecord add = MakeChange(UINTPTR_MAX, kExceptFilter, EV_ADD, kUrgent, 0);
  const timespec at_once = {0, 0};
  return kevent(kqueue_fd, &add, 1, nullptr, 0, &at_once) < 0 && errno == EBADF;
}

}  // namespace

const char* Name() { return "kqueue"; }

SysError Open(Backend** out) {
  Backend* backend = Create<Backend>();
  if (backend == nullptr) return {ENOMEM, "kqueue"};
  SysError error = backend->kqueue.Open();
  if (!error) error = backend->waker.Open(backend->kqueue.fd(), kWakerToken);
  if (!error) error = backend->query.Open();
  if (error) {
    Destroy(backend);
    return error;
  }
  backend->has_except_filter = HasExceptFilter(backend->kqueue.fd());
  *out = backend;
  return {};
}

void Close(Backend* backend) { Destroy(backend); }

SysError Add(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  if (!IsSupported(backend, interest)) return {EINVAL, "kevent"};
  uint32_t kind = 0;
  SysError error = FindKindFor(backend, fd, &kind);
  if (error) return error;
  if (Owns(backend, fd)) return {EEXIST, "kevent"};
  if (!registry.Reserve(fd)) return {ENOMEM, "kevent"};
  const Registration former = registry.Get(fd);
  if (former.registered() && HaveKnotes(backend->kqueue.fd(), fd, former)) {
    return {EEXIST, "kevent"};
  }
  const Registration next = {registry.NextGeneration(fd), kRegistered | kind | interest};
  bool lost = false;
  error = Control(backend, fd, {}, next, &lost);
  if (error) return WithoutDialect(error, kind);
  if (backend->query.IsDeaf(fd, kind | interest)) {
    Control(backend, fd, next, {}, &lost);
    return {EPERM, "kevent"};
  }
  registry.Put(fd, next);
  backend->late_listeners.Note(fd, next);
  *generation = next.generation;
  return {};
}

SysError Modify(Backend* backend, int fd, uint32_t interest, uint32_t* generation) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  if (!IsSupported(backend, interest)) return {EINVAL, "kevent"};
  const Registration now = registry.Get(fd);
  if (!now.registered()) return Unknown(backend, fd);
  const uint32_t kind = now.flags & kKinds;
  // add() has asked already about a registration that was for writing.
  const bool is_new_writer = (interest & kWritable) && (now.flags & (kWritable | kWriteOnly)) == 0;
  if (is_new_writer && backend->query.IsDeaf(fd, kind | interest) && HaveKnotes(backend->kqueue.fd(), fd, now)) {
    return {EPERM, "kevent"};
  }
  const Registration next = {now.generation, kRegistered | kind | interest | NextSerial(now.flags)};
  bool lost = false;
  const SysError error = Control(backend, fd, now, next, &lost);
  if (!error) {
    registry.Update(fd, next.flags);
    *generation = next.generation;
    return {};
  }
  if (!lost) return WithoutDialect(error, kind);
  registry.Drop(fd);
  return error.code == ENOENT ? Unknown(backend, fd) : error;
}

SysError Remove(Backend* backend, int fd) {
  Registry& registry = backend->registry;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(fd);
  if (!now.registered()) return Unknown(backend, fd);
  bool lost = false;
  const SysError error = Control(backend, fd, now, {}, &lost);
  if (!error || lost) registry.Drop(fd);
  return lost && error.code == ENOENT ? Unknown(backend, fd) : error;
}

RecordBuffer* NewRecordBuffer(int capacity) {
  RecordBuffer* buffer = Create<RecordBuffer>(capacity);
  if (buffer == nullptr || buffer->Reserve()) return buffer;
  DeleteRecordBuffer(buffer);
  return nullptr;
}

void DeleteRecordBuffer(RecordBuffer* buffer) { Destroy(buffer); }

SysError Wait(Backend* backend, RecordBuffer* buffer, int64_t deadline_ns, Event* events, WaitResult* result) {
  *result = {0, false};
  buffer->Begin();
  backend->late_listeners.Renew(backend->kqueue.fd(), backend->registry);
  int idle_rounds = 0;
  int interrupts = 0;
  for (;;) {
    // A batch that has events is delivered at once: this round adds only what is ready now.
    const int64_t end_ns = result->count > 0 ? kPollOnly : deadline_ns;
    const int records = WaitUntil(backend->kqueue.fd(), buffer->records(), buffer->room(), end_ns);
    if (records < 0) {
      if (errno != EINTR && result->count == 0) return {errno, "kevent"};
      // EINTR: the kernel did not check; try again.
      if (errno == EINTR && end_ns == kPollOnly && ++interrupts < kMostInterrupts) continue;
    }
    if (records > 0) {
      const bool is_partial = buffer->Collect(backend->kqueue.fd(), backend->waker, backend->registry, records, result);
      Decode(backend, *buffer, is_partial, events, result);
      if (result->woken || buffer->room() == 0) return {};
      if (is_partial && !buffer->HasComeRound(backend->registry.size())) continue;
    }
    if (result->count > 0 || deadline_ns == kPollOnly) return {};
    if (deadline_ns != kNever && NowNs() >= deadline_ns) return {};
    if (records <= 0) continue;
    buffer->BeginRound();
    PauseIfSpinning(++idle_rounds);
  }
}

void Wake(Backend* backend) { backend->waker.Wake(); }

SysError OpenLookout(Backend*, Lookout** out) {
  Lookout* lookout = Create<Lookout>();
  if (lookout == nullptr) return {ENOMEM, "malloc"};
  const SysError error = lookout->Open();
  if (error) {
    Destroy(lookout);
    return error;
  }
  *out = lookout;
  return {};
}

void CloseLookout(Backend*, Lookout* lookout) { Destroy(lookout); }

SysError LookOut(Backend* backend, Lookout* lookout, Event* kept) {
  *kept = {-1, 0, 0};
  return lookout->Watch(backend->kqueue.fd());
}

void Recall(Lookout* lookout) { lookout->recall.Set(); }

void EndRecall(Lookout* lookout) { lookout->recall.Clear(); }

void GiveBack(Backend*, const Event&) {}  // LookOut() keeps no event

int Descriptor(const Backend* backend) { return backend->kqueue.fd(); }

Capabilities CapabilitiesOf(const Backend* backend) {
  return {
      .edge = true,
      .oneshot = true,
      .priority = backend->has_except_filter,
      .exclusive = false,
      .read_closed = true,
      .nested = true,
      .threads = true,
      .timeout_resolution_ns = kTimeoutResolutionNs,
  };
}

Registry& RegistryOf(Backend* backend) { return backend->registry; }

}  // namespace pollux
