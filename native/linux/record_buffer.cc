#include "record_buffer.h"

namespace pollux {
namespace {

// Whether the record is of the registration as it is. Interest and parity count, too: where dup2(2) has brought back an
// open file whose record was dropped, modify() has changed the entry of that file, and the file that was registered
// last may have an entry of the same generation.
bool IsCurrent(const Registry& registry, const Token& token) {
  return registry.Matches(token.fd, kAskable | kParity, {token.generation, token.interest | token.parity});
}

// True when the record belongs to a live registration.
bool IsLive(Registry& registry, const Token& token) {
  if (IsCurrent(registry, token)) return true;
  // Another thread may be between epoll_ctl() and its update of the registry, and holds the mutex until then. A record
  // from before a modify() may be dropped, because the kernel checks the file again after the change.
  MutexLock lock(registry.mutex());
  return IsCurrent(registry, token);
}

// What the kernel's `events` mean, whoever asks.
constexpr uint32_t Meaning(uint32_t events) {
  uint32_t readiness = 0;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readiness |= kReadable;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) readiness |= kWritable;
  if (events & EPOLLPRI) readiness |= kPriority;
  if (events & (EPOLLRDHUP | EPOLLHUP)) readiness |= kReadClosed;
  if (events & EPOLLHUP) readiness |= kHangup;
  if (events & EPOLLERR) readiness |= kError;
  return readiness;
}

// The meanings of all events, because a table is quicker than six branches for each record. The six bits of its index:
// EPOLLRDHUP, moved to where the kernel has an event that epoll never reports, and the five below it.
constexpr uint32_t kLowEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP;
constexpr uint32_t kEndIndex = kLowEvents + 1;
constexpr uint32_t kEndDivisor = EPOLLRDHUP / kEndIndex;
static_assert(kLowEvents == 0x1f && kEndDivisor * kEndIndex == EPOLLRDHUP, "the index has six bits");

constexpr uint32_t IndexOf(uint32_t events) { return (events & kLowEvents) | (events / kEndDivisor & kEndIndex); }

struct Meanings {
  uint8_t of[2 * kEndIndex];
};

constexpr Meanings MakeMeanings() {
  Meanings meanings = {};
  for (uint32_t events = 0; events <= kLowEvents; events++) {
    meanings.of[IndexOf(events)] = static_cast<uint8_t>(Meaning(events));
    meanings.of[IndexOf(events | EPOLLRDHUP)] = static_cast<uint8_t>(Meaning(events | EPOLLRDHUP));
  }
  return meanings;
}

constexpr Meanings kMeanings = MakeMeanings();

// Merges a further event of a descriptor into the one that the batch has of it; false: the batch has none. Only a
// further look of one wait finds a second record: a level-triggered file comes round, an edge comes again.
bool Merge(const Event& further, Event* events, int count) {
  for (int i = 0; i < count; i++) {
    if (events[i].fd != further.fd) continue;
    const bool is_same = events[i].generation == further.generation;
    const uint32_t readiness = further.readiness | (is_same ? events[i].readiness : 0);
    events[i] = {further.fd, readiness, further.generation};
    return true;
  }
  return false;
}

void PrefetchSlots(const Registry& registry, RecordBuffer* buffer, int records) {
  if (!buffer->prefetching.IsDue(registry, Unpack(buffer->records[0].data.u64).fd)) return;
  for (int i = 0; i < records; i++) registry.Prefetch(Unpack(buffer->records[i].data.u64).fd);
}

}  // namespace

uint32_t FromKernel(uint32_t events, uint32_t interest) { return kMeanings.of[IndexOf(events)] & Reportable(interest); }

bool Round::IsOver(uint64_t data) {
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

bool Decode(EpollWaker& waker, Registry& registry, RecordBuffer* buffer, int records, bool is_further, Round* round,
            Event* events, WaitResult* result) {
  PrefetchSlots(registry, buffer, records);
  bool is_round = false;
  int count = result->count;
  for (int i = 0; i < records; i++) {
    const uint64_t data = buffer->records[i].data.u64;
    if (data == kWakerToken) {
      if (waker.Answer()) result->woken = true;
      continue;
    }
    const Token token = Unpack(data);
    if (token.interest == 0) continue;
    if (!IsLive(registry, token)) {
      if (round->IsOver(data)) is_round = true;
      continue;
    }
    const Event event = {token.fd, FromKernel(buffer->records[i].events, token.interest), token.generation};
    if (is_further && Merge(event, events, count)) {
      is_round = true;
    } else {
      events[count++] = event;
    }
  }
  result->count = count;
  return is_round;
}

}  // namespace pollux
