// libuv watches the poller's descriptor with a uv_poll_t, because a poller can itself be polled: no thread is needed.
// The functions of libuv are looked up in the running program and never linked, because not every host that loads the
// addon has them.
#pragma once

#include <node_api.h>

#include "../batch_delivery.h"
#include "uv_calls.h"

namespace pollux {

class UvHostPoll {
 public:
  UvHostPoll(napi_env env, View* view) : env_(env), view_(view), delivery_(env, view) {}
  ~UvHostPoll();
  UvHostPoll(const UvHostPoll&) = delete;
  UvHostPoll& operator=(const UvHostPoll&) = delete;

  // Returns: ENOTSUP, a function of libuv is missing; or what uv_poll_init(3) says: EEXIST, EPERM.
  static SysError Open(napi_env env, View* view, napi_value on_batch, UvHostPoll** out);

  void Ref(bool on);
  void Pause(bool on);
  // The object is freed when libuv has closed the handle.
  void Close();

 private:
  SysError Start(napi_value on_batch);
  uv_handle_t* Handle() const { return reinterpret_cast<uv_handle_t*>(poll_); }
  static void OnReady(uv_poll_t* handle, int status, int events);
  static void OnClosed(uv_handle_t* handle);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);

  const napi_env env_;
  View* const view_;
  BatchDelivery delivery_;
  UvCalls uv_;
  uv_poll_t* poll_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool is_closing_ = false;
};

}  // namespace pollux
