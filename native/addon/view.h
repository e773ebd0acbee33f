// One thread's view of a shared poller, with a batch of its own.
#pragma once

#include <node_api.h>

#include "../common/backend.h"
#include "../common/shared_pollers.h"
#include "host_loop/host_poll.h"

namespace pollux {

// The memory that a view shares with JavaScript: a word that says whether any registration ended
// since the last wait, then the events.
struct BatchMemory {
  int32_t stale;
  Event events[];
};

class View {
 public:
  // `buffer` and `batch` have room for `capacity` events.
  View(napi_env env, uint32_t serial, SharedPoller* poller, RecordBuffer* buffer, napi_ref reference,
       BatchMemory* batch, int capacity);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Backend* backend() const { return poller_->backend; }
  Registry& registry() const { return RegistryOf(poller_->backend); }
  uint64_t id() const { return poller_->id; }
  // Never 0, and no other view of the environment has it, before or after.
  uint32_t serial() const { return serial_; }
  int capacity() const { return capacity_; }
  // How long a wait that may block looks again and again before it does.
  int64_t spin_ns() const { return spin_ns_; }
  void SetSpin(int64_t length_ns) { spin_ns_ = length_ns; }

  // Does: Wait() of backend.h into the batch's memory, with the event that the host poll's thread
  // has kept.
  SysError WaitUntil(int64_t deadline_ns, WaitResult* result);
  // Does: begins a new batch and clears its stale mark. To be called before the wait reads the registry: a registration
  // that ends later sets the mark again.
  void Trust() const { __atomic_exchange_n(&batch_->stale, 0, __ATOMIC_SEQ_CST); }

  HostPoll host_poll;

 private:
  SysError WaitForNew(int64_t deadline_ns, WaitResult* result) {
    return Wait(poller_->backend, buffer_, deadline_ns, batch_->events, result);
  }
  void BringToFront(int fd, const WaitResult& result);
  bool Append(const Event& event, WaitResult* result);

  napi_env env_;
  const uint32_t serial_;
  SharedPoller* poller_;
  RecordBuffer* buffer_;
  napi_ref reference_;  // keeps the batch's memory alive
  BatchMemory* batch_;
  const int capacity_;
  int64_t spin_ns_ = 0;
  bool is_kept_due_ = false;  // the last batch had no room for the kept event
  StaleMark mark_;
};

}  // namespace pollux
