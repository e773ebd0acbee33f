// The pollers of one thread: each a view of a shared kernel object, with a batch of its own.
#pragma once

#include <node_api.h>

#include "backend.h"
#include "shared_pollers.h"

namespace pollux {

// The memory that a view shares with JavaScript: a word that says whether any registration ended
// since the last wait, then the events.
struct BatchMemory {
  int32_t stale;
  Event events[];
};

class View {
 public:
  View(napi_env env, SharedPoller* poller, Waiter* waiter, napi_ref reference, BatchMemory* batch);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Backend* backend() const { return poller_->backend; }
  Registry& registry() const { return RegistryOf(poller_->backend); }
  uint64_t id() const { return poller_->id; }
  Waiter* waiter() const { return waiter_; }
  BatchMemory* batch() const { return batch_; }

 private:
  napi_env env_;
  SharedPoller* poller_;
  Waiter* waiter_;
  napi_ref reference_;  // keeps the batch's memory
  BatchMemory* batch_;
  StaleMark mark_;
};

// Owns the views of one environment; JavaScript names them by number.
class Views {
 public:
  explicit Views(napi_env env) : env_(env) {}
  ~Views();
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  // A view of `poller`, whose events go to `memory`, an Int32Array of 1 + 3 × `capacity` words.
  // Takes over the caller's hold on `poller`, also when it fails.
  SysError Open(SharedPoller* poller, int capacity, napi_value memory, int* handle);
  void Close(int handle);
  // nullptr when no view has this number.
  View* Find(int handle) const {
    return static_cast<uint32_t>(handle) < size_ ? views_[handle] : nullptr;
  }

 private:
  bool ReserveHandle(uint32_t* handle);

  napi_env env_;
  View** views_ = nullptr;
  uint32_t size_ = 0;
  uint32_t lowest_free_ = 0;  // no handle below it is free
};

}  // namespace pollux
