#include "upkeep.h"

#include <sys/socket.h>

#include "knotes.h"
#include "registration.h"

namespace pollux {
namespace {

constexpr uint32_t kDirections = kReadable | kWritable;

bool HasKnote(uint32_t flags, uint32_t direction) { return ToKernel(flags).flags[direction == kReadable ? 0 : 1] != 0; }

// The filters whose clear-mode knotes have to report their state once more: see TouchKnotes().
uint32_t ToTouch(const DescriptorState& state, uint32_t readiness) {
  const uint32_t flags = state.registration.flags;
  uint32_t touch = 0;
  if (readiness != 0 && (flags & (kEdge | kOneshot)) == 0) {
    touch |= state.seen & flags & kPriority;
    // The error of a datagram socket ends no direction. The clear-mode knote has reported it once.
    if (state.error && state.ended == 0 && (flags & kDirections) == 0) touch |= kReadable;
    // The knote of a socket's direction in the interest repeats the end of that direction. FreeBSD drops the knote of
    // a pipe's writer (sys_pipe.c, pipeclose).
    const bool repeats = (flags & kSocket) && (state.ended & flags);
    const uint32_t sentinels = (flags & kWriteOnly) ? kDirections : kReadable;
    if (!repeats) touch |= state.ended & sentinels & ~flags;
  }
  // One direction has ended. When the other ends too, that is a hangup, which needs a knote to be reported.
  const uint32_t open = kDirections & ~state.ended;
  const bool is_half = (flags & kSocket) && state.ended != 0 && open != 0;
  if (is_half && ((flags & kEdge) || readiness == 0) && !HasKnote(flags, open)) touch |= open;
  return touch;
}

// Whether a knote was disabled and no event is delivered. The kernel disables an EV_DISPATCH knote when it delivers the
// record. A FIFO that has ended and has a new other end is not ready, and its registration is still armed.
bool IsDisabledUnreported(const DescriptorState& state, uint32_t readiness) {
  const uint32_t flags = state.registration.flags;
  return readiness == 0 && (flags & kOneshot) && (state.reported & flags & kDirections);
}

bool IsListening(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

bool IsConnected(int fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

}  // namespace

bool Claim(int kqueue_fd, Registry& registry, const DescriptorState& state) {
  Registration fired = state.registration;
  fired.flags |= kDisarmed;
  if (!registry.Exchange(state.fd, state.registration, fired)) return false;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(state.fd);
  if (now.generation == fired.generation && now.flags == fired.flags) {
    DisableKnotes(kqueue_fd, state.fd, fired, state.reported);
  }
  return true;
}

void KeepReporting(int kqueue_fd, Registry& registry, const DescriptorState& state, uint32_t readiness) {
  const uint32_t touch = ToTouch(state, readiness);
  const bool is_disabled = IsDisabledUnreported(state, readiness);
  if (touch == 0 && !is_disabled) return;
  MutexLock lock(registry.mutex());
  const Registration now = registry.Get(state.fd);
  if (!now.registered() || TokenOf(now) != TokenOf(state.registration)) return;
  if (now.flags & kDisarmed) return;
  if (touch != 0) TouchKnotes(kqueue_fd, state.fd, now, touch);
  // If the descriptor was closed meanwhile, the next modify() or remove() notices that.
  bool lost = false;
  if (is_disabled) ReplaceKnotes(kqueue_fd, state.fd, now, now, &lost);
}

void LateListeners::Note(int fd, Registration registration) {
  if (!kFilterIsChosenWhenAdded) return;
  if ((registration.flags & (kSocket | kDatagram)) != kSocket) return;
  if (IsListening(fd) || IsConnected(fd)) return;
  int count = count_.load(std::memory_order_relaxed);
  if (count == kMost) {
    for (int i = 1; i < kMost; i++) entries_[i - 1] = entries_[i];
    count--;
  }
  entries_[count] = {fd, registration.generation};
  count_.store(count + 1, std::memory_order_release);
}

void LateListeners::Renew(int kqueue_fd, Registry& registry) {
  if (count_.load(std::memory_order_acquire) == 0) return;
  MutexLock lock(registry.mutex());
  int kept = 0;
  const int count = count_.load(std::memory_order_relaxed);
  for (int i = 0; i < count; i++) {
    const Entry entry = entries_[i];
    const Registration now = registry.Get(entry.fd);
    if (!now.registered() || now.generation != entry.generation) continue;
    if (IsListening(entry.fd)) {
      // If the descriptor was closed meanwhile, the next modify() or remove() notices that.
      bool lost = false;
      ReplaceKnotes(kqueue_fd, entry.fd, now, now, &lost);
    } else if (!IsConnected(entry.fd)) {
      entries_[kept++] = entry;
    }
  }
  count_.store(kept, std::memory_order_release);
}

}  // namespace pollux
