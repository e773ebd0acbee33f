// Sockets that may begin to listen after they were registered. NetBSD chooses the filter of a socket when the knote is
// added (uipc_socket.c, soo_kqfilter): one that listens later hears of no connection, until its knotes are new.
#pragma once

#include <atomic>
#include <cstdint>

#include "../common/registry.h"

namespace pollux {

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
