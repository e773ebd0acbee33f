// Watches a view's poller from the host's event loop and delivers its batches there.
#pragma once

#include <node_api.h>

#include "../../common/sys_error.h"

namespace pollux {

struct Event;
class View;
class UvHostPoll;
class ThreadHostPoll;

// How the host's event loop learns that the poller is ready.
enum class HostWaiter {
  kUv,      // libuv watches the poller's descriptor; only where the host is libuv's own
  kThread,  // a thread waits on it; everywhere
};

// At most one per view. Belongs to the thread of its environment, and ends with it.
class HostPoll {
 public:
  HostPoll() = default;
  ~HostPoll() { Close(); }
  HostPoll(const HostPoll&) = delete;
  HostPoll& operator=(const HostPoll&) = delete;

  // Does: begins to deliver; see BatchDelivery for `on_batch`. It does not keep the process alive.
  // Returns: ENOTSUP, the host has no libuv to ask; EEXIST, it is open, here or in libuv; EMFILE,
  // ENFILE, EAGAIN, ENOMEM.
  SysError Open(napi_env env, View* view, HostWaiter waiter, napi_value on_batch);
  // Does: keeps the process alive, or no longer.
  void Ref(bool on);
  // Does: stops delivering until told otherwise.
  void Pause(bool on);
  // Does: brings the thread back, so that whatever is ready is seen by the next wait; it goes out
  // again with the next turn of the host's loop. Returns: the event that the thread has kept, for
  // the caller to take (fd -1) or leave, or, with readiness 0, whose event came first; nullptr where there is neither.
  Event* Recall();
  // Does: ends it. May be repeated, and called from within a delivery.
  void Close();

 private:
  UvHostPoll* uv_ = nullptr;
  ThreadHostPoll* thread_ = nullptr;
};

}  // namespace pollux
