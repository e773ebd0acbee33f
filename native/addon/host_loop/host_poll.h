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
  // Does: keeps the process alive while the host poll is open (`on`), or lets it end.
  void Ref(bool on);
  // Does: stops the delivery of batches (`on`), or resumes it.
  void Pause(bool on);
  // Does: makes the thread return from LookOut(), so that the next Wait() finds everything that is ready. The thread
  // looks out again from the next turn of the host's loop. Returns: nullptr, or what the thread has found; the caller
  // sets its fd to −1 after taking it. With readiness 0 it is no event, and fd is the descriptor whose event came
  // first.
  Event* Recall();
  // Does: ends the watch. May be repeated, and called from within a delivery.
  void Close();

 private:
  UvHostPoll* uv_ = nullptr;
  ThreadHostPoll* thread_ = nullptr;
};

}  // namespace pollux
