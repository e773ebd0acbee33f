// Hands the batches of a view to JavaScript, from within the host's event loop.
#pragma once

#include <node_api.h>

#include "view.h"

namespace pollux {

class BatchDelivery {
 public:
  BatchDelivery(napi_env env, View* view) : env_(env), view_(view) {}
  ~BatchDelivery();
  BatchDelivery(const BatchDelivery&) = delete;
  BatchDelivery& operator=(const BatchDelivery&) = delete;

  // `on_batch` is a function of one number: 2 × the count of events in the view's memory + 1 if
  // woken, or -1 when the poller can be waited on no more. False: out of memory.
  bool Open(napi_value on_batch);

  // Does: takes what is ready without blocking and calls JavaScript once with it; the ticks and microtasks that follow
  // any callback of the host run then. `unless_empty`: makes no call if nothing is ready. Takes nothing if the
  // environment is ending. May assume: the view is open. Guarantees: touches neither the view nor `this` after the
  // call, in which JavaScript may have closed both.
  void Deliver(bool unless_empty = false);
  // Whether the last batch was full: more descriptors may be ready than it has events.
  bool was_full() const { return was_full_; }

 private:
  const napi_env env_;
  View* const view_;
  napi_ref on_batch_ = nullptr;
  napi_async_context context_ = nullptr;
  bool was_full_ = false;
};

}  // namespace pollux
