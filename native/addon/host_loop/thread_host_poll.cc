#include "thread_host_poll.h"

#include <errno.h>
#include <signal.h>

#include "../../common/allocation.h"
#include "../js.h"
#include "../view.h"

namespace pollux {
namespace {

// How long the thread rests after a LookOut() that failed: longer each time. A recall waits until the rest is over.
int64_t NextRest(int64_t last_ns) {
  constexpr int64_t kShortestNs = 1000000;
  constexpr int64_t kLongestNs = 16000000;
  if (last_ns == 0) return kShortestNs;
  return last_ns < kLongestNs ? 2 * last_ns : kLongestNs;
}

}  // namespace

SysError ThreadHostPoll::Open(napi_env env, View* view, napi_value on_batch, ThreadHostPoll** out) {
  ThreadHostPoll* host_poll = Create<ThreadHostPoll>(env, view);
  if (host_poll == nullptr) return {ENOMEM, "malloc"};
  const SysError error = host_poll->Start(on_batch);
  if (!error) {
    *out = host_poll;
  } else if (host_poll->function_ != nullptr) {
    host_poll->Close();
  } else {
    Destroy(host_poll);
  }
  return error;
}

ThreadHostPoll::ThreadHostPoll(napi_env env, View* view)
    : env_(env), view_(view), backend_(view->backend()), delivery_(env, view) {}

ThreadHostPoll::~ThreadHostPoll() { CloseLookout(); }

void ThreadHostPoll::CloseLookout() {
  if (lookout_ != nullptr) pollux::CloseLookout(backend_, lookout_);
  lookout_ = nullptr;
}

SysError ThreadHostPoll::Start(napi_value on_batch) {
  const SysError error = OpenLookout(backend_, &lookout_);
  if (error) return error;
  if (!delivery_.Open(on_batch) ||
      napi_create_threadsafe_function(env_, nullptr, nullptr, FromText(env_, "pollux.reactor"), 0, 1, this,
                                      OnFunctionGone, this, OnReady, &function_) != napi_ok) {
    return {ENOMEM, "napi_create_threadsafe_function"};
  }
  // The hook is added after the thread-safe function was made, because hooks run in reverse order: the thread has to
  // end before the environment frees the function.
  napi_add_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  Ref(false);
  const SysError thread_error = StartThread();
  if (!thread_error) Pause(false);
  return thread_error;
}

SysError ThreadHostPoll::StartThread() {
  // The thread blocks all signals: they are handled by threads of the host.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failure = pthread_create(&thread_, nullptr, Run, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  has_thread_ = failure == 0;
  return {failure, "pthread_create"};
}

void ThreadHostPoll::Ref(bool on) {
  (on ? napi_ref_threadsafe_function : napi_unref_threadsafe_function)(env_, function_);
}

void ThreadHostPoll::Pause(bool on) {
  is_paused_ = on;
  if (!on && !is_watching_) GoOn();
}

void ThreadHostPoll::GoOn() {
  is_watching_ = true;
  // The event that the thread kept found no room in the last batch, which was full.
  if (kept_.readiness != 0) return CallHost();
  MutexLock lock(mutex_);
  place_ = Place::kOut;
  // LookOut() moves what it has seen to the end of the ready list. After a full batch that descriptor could be left
  // out of each batch that follows.
  was_sure_ = is_sure_ = delivery_.was_full();
  has_moved_.Signal();
}

Event* ThreadHostPoll::Recall() {
  if (is_watching_) {
    MutexLock lock(mutex_);
    if (place_ == Place::kOut) {
      was_recalled_ = is_recalled_ = true;
      pollux::Recall(lookout_);
    }
    while (place_ == Place::kOut) has_moved_.Wait(mutex_);
  }
  return kept_.fd < 0 ? nullptr : &kept_;
}

void ThreadHostPoll::Close() {
  is_closed_ = true;
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  if (has_thread_) EndThread();
  if (kept_.readiness != 0) GiveBack(backend_, kept_);
  CloseLookout();
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void ThreadHostPoll::EndThread() {
  {
    MutexLock lock(mutex_);
    if (place_ == Place::kOut) pollux::Recall(lookout_);
    place_ = Place::kEnding;
    has_moved_.Signal();
  }
  pthread_join(thread_, nullptr);
}

void ThreadHostPoll::Release() {
  if (--holders_ == 0) Destroy(this);
}

void* ThreadHostPoll::Run(void* data) {
  static_cast<ThreadHostPoll*>(data)->Serve();
  return nullptr;
}

void ThreadHostPoll::Serve() {
  int64_t rest_ns = 0;
  for (bool is_sure = false;;) {
    {
      MutexLock lock(mutex_);
      while (place_ == Place::kAtRest) has_moved_.Wait(mutex_);
      if (place_ == Place::kEnding) return;
      is_sure = is_sure_;
    }
    // If LookOut() fails because the poller cannot be waited on, the environment's own wait fails as well and reports
    // the error. If a sandbox refuses only the calls of LookOut(), the thread rests, and the environment checks for
    // events after each rest.
    rest_ns = !is_sure && LookOut(backend_, lookout_, &kept_) ? NextRest(rest_ns) : 0;
    if (rest_ns > 0) SleepNs(rest_ns);
    {
      MutexLock lock(mutex_);
      if (place_ == Place::kEnding) return;
      if (is_recalled_) EndRecall(lookout_);
      is_recalled_ = false;
      place_ = Place::kAtRest;
      has_moved_.Signal();
    }
    CallHost();
  }
}

void ThreadHostPoll::OnReady(napi_env env, napi_value, void* context, void*) {
  auto* self = static_cast<ThreadHostPoll*>(context);
  if (env == nullptr || self->is_closed_) return;
  const bool may_be_empty = self->was_recalled_ || self->was_sure_;
  self->is_watching_ = self->was_recalled_ = self->was_sure_ = false;
  if (self->is_paused_) return;
  self->holders_++;
  self->delivery_.Deliver(may_be_empty);
  if (!self->is_closed_ && !self->is_paused_ && !self->is_watching_) self->GoOn();
  self->Release();
}

void ThreadHostPoll::OnFunctionGone(napi_env, void* data, void*) { static_cast<ThreadHostPoll*>(data)->Release(); }

void ThreadHostPoll::OnEnvironmentEnd(void* data) { static_cast<ThreadHostPoll*>(data)->view_->host_poll.Close(); }

}  // namespace pollux
