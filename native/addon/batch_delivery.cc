#include "batch_delivery.h"

#include "js.h"

namespace pollux {
namespace {

// An error that a callback throws is lost unless it is taken from the environment and raised.
void RaisePending(napi_env env) {
  bool is_pending = false;
  napi_value thrown = nullptr;
  if (napi_is_exception_pending(env, &is_pending) != napi_ok || !is_pending) return;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
}

}  // namespace

BatchDelivery::~BatchDelivery() {
  if (context_ != nullptr) napi_async_destroy(env_, context_);
  if (on_batch_ != nullptr) napi_delete_reference(env_, on_batch_);
}

bool BatchDelivery::Open(napi_value on_batch) {
  return napi_create_reference(env_, on_batch, 1, &on_batch_) == napi_ok &&
         napi_async_init(env_, nullptr, FromText(env_, "pollux.reactor"), &context_) == napi_ok;
}

void BatchDelivery::Deliver(bool unless_empty) {
  const napi_env env = env_;
  // The event loop of a worker that ends makes one more turn. Nobody would handle events that are taken in it.
  if (IsTerminating(env)) return;
  WaitResult result = {0, false};
  view_->Trust();
  const SysError error = view_->WaitUntil(kPollOnly, &result);
  was_full_ = result.count == view_->capacity();
  if (unless_empty && !error && result.count == 0 && !result.woken) return;
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value receiver = nullptr;
  napi_value on_batch = nullptr;
  napi_get_global(env, &receiver);
  napi_get_reference_value(env, on_batch_, &on_batch);
  napi_value argument = FromInt(env, error ? -1 : 2 * result.count + (result.woken ? 1 : 0));
  napi_value returned = nullptr;  // Deno writes the result even if no pointer is given.
  if (napi_make_callback(env, context_, receiver, on_batch, 1, &argument, &returned) != napi_ok) {
    RaisePending(env);
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace pollux
