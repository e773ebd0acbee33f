// What a wait does to knotes: what an event means for those of its registration, and the sockets that need new ones.
#pragma once

#include <atomic>
#include <cstdint>

#include "../common/registry.h"
#include "readiness.h"

namespace pollux {

// Disarms a oneshot registration in both directions. Returns false when another thread has disarmed it, or when the
// registration has changed: this thread then delivers no event.
bool Claim(int kqueue_fd, Registry& registry, const DescriptorState& state);

// Changes the knotes so that the registration goes on reporting. A level-triggered registration repeats what its
// clear-mode knotes report once; any other reports the end of the direction that is still open; a oneshot registration
// whose knote was disabled by a record without an event reports everything again.
void KeepReporting(int kqueue_fd, Registry& registry, const DescriptorState& state, uint32_t readiness);

// Sockets that may begin to listen after they were registered. NetBSD chooses the filter of a socket when the knote is
// added (uipc_socket.c, soo_kqfilter): a socket that listens later reports no connection, until its knotes are new.
class LateListeners {
 public:
  // Remembers `fd` if it is a socket that neither listens nor is connected. Where there are more than kMost, the
  // earliest is forgotten. The caller holds the registry's mutex.
  void Note(int fd, Registration registration);

  // Gives new knotes to remembered sockets that listen by now. Takes the registry's mutex if any socket is remembered.
  void Renew(int kqueue_fd, Registry& registry);

 private:
  static constexpr int kMost = 16;

  struct Entry {
    int fd;
    uint32_t generation;
  };

  Entry entries_[kMost];
  std::atomic<int> count_{0};
};

}  // namespace pollux
