// What a wait does to knotes: what an event means for those of its registration, and the sockets that need new ones.
#pragma once

#include <atomic>
#include <cstdint>

#include "../common/registry.h"
#include "readiness.h"

namespace pollux {

// Disarms a oneshot registration in both directions; false when another thread has, or when the
// registration has changed: then the event is not this thread's.
bool Claim(int kqueue_fd, Registry& registry, const DescriptorState& state);

// Sees to it that the registration goes on reporting what its knotes report once: a level-triggered
// one what it hears from clear-mode knotes, any other the end of the direction that is still open,
// and a oneshot one everything, where the record that disabled its knote came to nothing.
void KeepReporting(int kqueue_fd, Registry& registry, const DescriptorState& state, uint32_t readiness);

// Sockets that may begin to listen after they were registered. NetBSD chooses the filter of a socket when the knote is
// added (uipc_socket.c, soo_kqfilter): a socket that listens later reports no connection, until its knotes are new.
class LateListeners {
 public:
  // Remembers `fd` if it is a socket that neither listens nor is connected. Where more than kMost are, the earliest is
  // forgotten. Wants the registry's mutex held.
  void Note(int fd, Registration registration);

  // Gives new knotes to those that listen by now. Takes the registry's mutex, if there is one to look at.
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
