#include "record_buffer.h"

#include <cstdlib>

#include "knotes.h"
#include "registration.h"

namespace pollux {
namespace {

// True when a record with this token belongs to a live registration, which is `*now`.
bool IsLive(Registry& registry, int fd, uintptr_t token, Registration* now) {
  *now = registry.Get(fd);
  if (now->registered() && TokenOf(*now) == token) return true;
  // Another thread may have called kevent() and not yet updated the registry. It holds the mutex until then.
  MutexLock lock(registry.mutex());
  *now = registry.Get(fd);
  return now->registered() && TokenOf(*now) == token;
}

DescriptorState Empty(int fd, Registration registration) {
  DescriptorState state = {};
  state.fd = fd;
  state.registration = registration;
  return state;
}

}  // namespace

int WaitUntil(int kqueue_fd, KernelRecord* records, int capacity, int64_t deadline_ns) {
  if (deadline_ns == kNever) return kevent(kqueue_fd, nullptr, 0, records, capacity, nullptr);
  constexpr int64_t kNsPerSecond = 1000000000;
  int64_t timeout_ns = deadline_ns == kPollOnly ? 0 : deadline_ns - NowNs();
  if (timeout_ns < 0) timeout_ns = 0;
  if (timeout_ns > kMostTimeoutNs) timeout_ns = kMostTimeoutNs;
  timespec timeout = {};
  timeout.tv_sec = static_cast<decltype(timeout.tv_sec)>(timeout_ns / kNsPerSecond);
  timeout.tv_nsec = static_cast<decltype(timeout.tv_nsec)>(timeout_ns % kNsPerSecond);
  return kevent(kqueue_fd, nullptr, 0, records, capacity, &timeout);
}

MergedRecords::~MergedRecords() {
  free(states_);
  free(slots_);
}

bool MergedRecords::Reserve(int capacity) {
  const auto count = static_cast<uint32_t>(capacity);
  uint32_t slots = 4;
  while (slots < 2 * count) slots *= 2;
  mask_ = slots - 1;
  states_ = static_cast<DescriptorState*>(malloc(count * sizeof(DescriptorState)));
  slots_ = static_cast<uint32_t*>(calloc(slots, sizeof(uint32_t)));
  return states_ != nullptr && slots_ != nullptr;
}

void MergedRecords::Clear() {
  // From the last entry to the first: the search for a slot steps over the slots of earlier entries, which must not be
  // free yet.
  while (size_ > 0) {
    slots_[SlotOf(states_[size_ - 1].fd)] = 0;
    size_--;
  }
}

void MergedRecords::DropIdle() {
  const int size = size_;
  Clear();
  for (int i = 0; i < size; i++) {
    if (!states_[i].in_batch) continue;
    const DescriptorState state = states_[i];
    states_[size_] = state;
    const uint32_t slot = SlotOf(state.fd);
    slots_[slot] = static_cast<uint32_t>(++size_);
  }
}

DescriptorState& MergedRecords::Of(int fd, Registration registration) {
  const uint32_t slot = SlotOf(fd);
  if (slots_[slot] == 0) {
    states_[size_] = Empty(fd, registration);
    slots_[slot] = static_cast<uint32_t>(++size_);
  }
  DescriptorState& state = states_[slots_[slot] - 1];
  // Another thread has modified the registration between two records: the earlier record is void.
  if (TokenOf(state.registration) != TokenOf(registration)) {
    const bool in_batch = state.in_batch;
    state = Empty(fd, registration);
    state.in_batch = in_batch;
  }
  return state;
}

// The slot that holds `fd`, or the free one where it belongs.
uint32_t MergedRecords::SlotOf(int fd) const {
  // Descriptor numbers are dense: they are their own hash.
  uint32_t slot = static_cast<uint32_t>(fd) & mask_;
  while (slots_[slot] != 0 && states_[slots_[slot] - 1].fd != fd) slot = (slot + 1) & mask_;
  return slot;
}

RecordBuffer::~RecordBuffer() { free(records_); }

bool RecordBuffer::Reserve() {
  const size_t bytes = sizeof(KernelRecord) * static_cast<size_t>(capacity_);
  records_ = static_cast<KernelRecord*>(malloc(bytes));
  return records_ != nullptr && merged_.Reserve(capacity_);
}

// Returns false when a record is of a knote whose record the batch has already: then every ready knote has had its
// turn.
bool RecordBuffer::Merge(KqueueWaker& waker, Registry& registry, int count, WaitResult* result) {
  bool is_new = true;
  if (count > 0 && prefetching_.IsDue(registry, static_cast<int>(records_[0].ident))) {
    for (int i = 0; i < count; i++) registry.Prefetch(static_cast<int>(records_[i].ident));
  }
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

void RecordBuffer::Begin() {
  merged_.Clear();
  BeginRound();
}

bool RecordBuffer::Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count, WaitResult* result) {
  for (int asked = room();;) {
    if (!Merge(waker, registry, count, result)) has_repeated_ = true;
    if (count > 0) fetched_ += static_cast<uint64_t>(count);
    if (count < asked) return false;
    asked = room();
    // Records that belong to no registration take no room in the batch. They may come as long as another thread is
    // in the middle of a change.
    if (asked == 0 || result->woken || HasComeRound(registry.size())) return true;
    count = WaitUntil(kqueue_fd, records_, asked, kPollOnly);
  }
}

void RecordBuffer::CountIdle(const DescriptorState& state) {
  const DescriptorState& first = first_idle_;
  if (first.reported == 0) {
    first_idle_ = state;
  } else if (state.fd == first.fd && (state.reported & first.reported) &&
             TokenOf(state.registration) == TokenOf(first.registration)) {
    has_repeated_ = true;
  }
}

void RecordBuffer::DropIdle() {
  bool has_idle = false;
  for (int i = 0; i < merged_.size(); i++) {
    if (merged_[i].in_batch) continue;
    CountIdle(merged_[i]);
    has_idle = true;
  }
  if (has_idle) merged_.DropIdle();
}

bool RecordBuffer::HasComeRound(uint32_t registrations) const {
  return has_repeated_ || fetched_ > uint64_t{kFilterCount} * registrations + 1;
}

void RecordBuffer::BeginRound() {
  fetched_ = 0;
  has_repeated_ = false;
  first_idle_ = {};
}

}  // namespace pollux
