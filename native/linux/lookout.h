// What ends a LookOut(): an eventfd in the epoll set.
#pragma once

#include "../common/mutex.h"
#include "../common/sys_error.h"

namespace pollux {

struct Lookout {
  Lookout() = default;
  ~Lookout();
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  // Creates the eventfd and adds it to `epoll_fd`, its own number as user data.
  SysError Open(int epoll_fd);
  // Its record comes, to any thread that waits on the set, until Drain().
  void Ring();
  void Drain();

  int fd = -1;
  Lookout* next = nullptr;
};

// The lookouts of one poller. The mutex of its registry is held around every call.
class Lookouts {
 public:
  void Insert(Lookout* lookout) {
    lookout->next = first_;
    first_ = lookout;
  }
  void Remove(Lookout* lookout);
  // True when `fd` is the eventfd of one, which a user may name by mistake.
  bool Own(int fd) const;

 private:
  Lookout* first_ = nullptr;
};

}  // namespace pollux
