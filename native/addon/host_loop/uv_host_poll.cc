#include "uv_host_poll.h"

#include <errno.h>

#include <cstdlib>

#include "../../common/allocation.h"
#include "../view.h"

namespace pollux {

SysError UvHostPoll::Open(napi_env env, View* view, napi_value on_batch, UvHostPoll** out) {
  UvHostPoll* host_poll = Create<UvHostPoll>(env, view);
  if (host_poll == nullptr) return {ENOMEM, "malloc"};
  const SysError error = host_poll->Start(on_batch);
  if (error) {
    Destroy(host_poll);
  } else {
    *out = host_poll;
  }
  return error;
}

UvHostPoll::~UvHostPoll() {
  if (hook_ != nullptr) napi_remove_async_cleanup_hook(hook_);
  free(poll_);
}

SysError UvHostPoll::Start(napi_value on_batch) {
  uv_loop_t* loop = nullptr;
  if (!uv_.Find() || napi_get_uv_event_loop(env_, &loop) != napi_ok) {
    return {ENOTSUP, "uv_poll_init"};
  }
  poll_ = static_cast<uv_poll_t*>(malloc(uv_.handle_size(UV_POLL)));
  if (poll_ == nullptr) return {ENOMEM, "malloc"};
  if (!delivery_.Open(on_batch) || napi_add_async_cleanup_hook(env_, OnEnvironmentEnd, this, &hook_) != napi_ok) {
    return {ENOMEM, "uv_poll_init"};
  }
  const int failure = uv_.poll_init(loop, poll_, Descriptor(view_->backend()));
  if (failure != 0) return {-failure, "uv_poll_init"};
  poll_->data = this;
  Ref(false);
  Pause(false);
  return {};
}

void UvHostPoll::Ref(bool on) { (on ? uv_.ref : uv_.unref)(Handle()); }

// uv_poll_start(3) fails only for a handle that is being closed, and uv_poll_stop(3) never fails.
void UvHostPoll::Pause(bool on) {
  if (on) {
    uv_.poll_stop(poll_);
  } else {
    uv_.poll_start(poll_, UV_READABLE, OnReady);
  }
}

void UvHostPoll::Close() {
  is_closing_ = true;
  uv_.close(Handle(), OnClosed);
}

void UvHostPoll::OnReady(uv_poll_t* handle, int, int) { static_cast<UvHostPoll*>(handle->data)->delivery_.Deliver(); }

void UvHostPoll::OnClosed(uv_handle_t* handle) { Destroy(static_cast<UvHostPoll*>(handle->data)); }

// An environment waits until its loop has no handles. The destructor removes this hook, which tells the environment
// that the handle is closed.
void UvHostPoll::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* host_poll = static_cast<UvHostPoll*>(data);
  if (!host_poll->is_closing_) host_poll->view_->host_poll.Close();
}

}  // namespace pollux
