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

  // Does: one look without blocking, and one call into JavaScript for what it found, with the ticks
  // and microtasks that follow any callback of the host; `unless_empty`: no call where it found
  // nothing. Takes nothing where the environment ends. May assume: the view is open. Guarantees:
  // touches neither the view nor `this` after the call, in which JavaScript may have closed both.
  void Deliver(bool unless_empty = false);
  // Whether the last batch had room for no more: something may be ready that it left out.
  bool was_full() const { return was_full_; }

 private:
  const napi_env env_;
  View* const view_;
  napi_ref on_batch_ = nullptr;
  napi_async_context context_ = nullptr;
  bool was_full_ = false;
};

}  // namespace pollux
