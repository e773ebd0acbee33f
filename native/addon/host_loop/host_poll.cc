#include "host_poll.h"

#include <errno.h>

#include "thread_host_poll.h"
#include "uv_host_poll.h"

namespace pollux {

SysError HostPoll::Open(napi_env env, View* view, HostWaiter waiter, napi_value on_batch) {
  if (uv_ != nullptr || thread_ != nullptr) return {EEXIST, "reactor"};
  return waiter == HostWaiter::kUv ? UvHostPoll::Open(env, view, on_batch, &uv_)
                                   : ThreadHostPoll::Open(env, view, on_batch, &thread_);
}

void HostPoll::Ref(bool on) {
  if (uv_ != nullptr) uv_->Ref(on);
  if (thread_ != nullptr) thread_->Ref(on);
}

void HostPoll::Pause(bool on) {
  if (uv_ != nullptr) uv_->Pause(on);
  if (thread_ != nullptr) thread_->Pause(on);
}

Event* HostPoll::Recall() { return thread_ == nullptr ? nullptr : thread_->Recall(); }

void HostPoll::Close() {
  UvHostPoll* uv = uv_;
  ThreadHostPoll* thread = thread_;
  uv_ = nullptr;
  thread_ = nullptr;
  if (uv != nullptr) uv->Close();
  if (thread != nullptr) thread->Close();
}

}  // namespace pollux
