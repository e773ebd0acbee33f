#include "late_listeners.h"

#include <sys/socket.h>

#include "kernel_facts.h"
#include "knotes.h"
#include "registration_flags.h"

namespace pollux {
namespace {

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
      // One whose descriptor was closed meanwhile is left to modify() and remove(), as others are.
      bool lost = false;
      ReplaceKnotes(kqueue_fd, entry.fd, now, now, &lost);
    } else if (!IsConnected(entry.fd)) {
      entries_[kept++] = entry;
    }
  }
  count_.store(kept, std::memory_order_release);
}

}  // namespace pollux
