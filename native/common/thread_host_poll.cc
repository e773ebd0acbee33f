#include "thread_host_poll.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "allocation.h"
#include "js.h"
#include "os_calls.h"
#include "retry.h"
#include "view.h"

namespace pollux {
namespace {

// What the environment's thread tells the other, one byte each.
constexpr char kWatch = 'w';
constexpr char kEnd = 'e';

}  // namespace

SysError ThreadHostPoll::Open(napi_env env, View* view, napi_value on_batch,
                              ThreadHostPoll** out) {
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
    : env_(env), view_(view), poller_fd_(Descriptor(view->backend())), delivery_(env, view) {}

ThreadHostPoll::~ThreadHostPoll() { CloseControl(); }

void ThreadHostPoll::CloseControl() {
  for (int& fd : control_) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
}

SysError ThreadHostPoll::Start(napi_value on_batch) {
  const SysError error = OpenPipe(control_);
  if (error) return error;
  if (!delivery_.Open(on_batch) ||
      napi_create_threadsafe_function(env_, nullptr, nullptr, FromText(env_, "pollux.reactor"), 0,
                                      1, this, OnFunctionGone, this, OnReady,
                                      &function_) != napi_ok) {
    return {ENOMEM, "napi_create_threadsafe_function"};
  }
  // After the function was made, for hooks run in reverse: a thread must not call a function that
  // the end of the environment has taken.
  napi_add_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  Ref(false);
  const SysError thread_error = StartThread();
  if (!thread_error) Pause(false);
  return thread_error;
}

SysError ThreadHostPoll::StartThread() {
  // Signals are for the threads of the host.
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
  if (!on && !is_watching_) Order(kWatch);
}

void ThreadHostPoll::Close() {
  is_closed_ = true;
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  if (has_thread_) {
    Order(kEnd);
    pthread_join(thread_, nullptr);
  }
  CloseControl();
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void ThreadHostPoll::Release() {
  if (--holders_ == 0) Destroy(this);
}

void ThreadHostPoll::Order(char order) {
  is_watching_ = order == kWatch;
  RetryOnSignal([&] { return write(control_[1], &order, 1); });
}

void* ThreadHostPoll::Run(void* data) {
  static_cast<ThreadHostPoll*>(data)->Serve();
  return nullptr;
}

void ThreadHostPoll::Serve() {
  pollfd watched[2] = {{control_[0], POLLIN, 0}, {poller_fd_, POLLIN, 0}};
  bool is_looking = false;
  for (;;) {
    if (poll(watched, is_looking ? 2 : 1, -1) < 0) continue;
    if (watched[0].revents != 0) {
      if (NextOrder() == kEnd) return;
      is_looking = true;
    } else if (is_looking) {
      is_looking = false;
      napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
    }
  }
}

char ThreadHostPoll::NextOrder() const {
  char order = kEnd;
  RetryOnSignal([&] { return read(control_[0], &order, 1); });
  return order;
}

void ThreadHostPoll::OnReady(napi_env env, napi_value, void* context, void*) {
  auto* self = static_cast<ThreadHostPoll*>(context);
  if (env == nullptr || self->is_closed_) return;
  self->is_watching_ = false;
  if (self->is_paused_) return;
  self->holders_++;
  self->delivery_.Deliver();
  if (!self->is_closed_ && !self->is_paused_ && !self->is_watching_) self->Order(kWatch);
  self->Release();
}

void ThreadHostPoll::OnFunctionGone(napi_env, void* data, void*) {
  static_cast<ThreadHostPoll*>(data)->Release();
}

void ThreadHostPoll::OnEnvironmentEnd(void* data) {
  static_cast<ThreadHostPoll*>(data)->view_->host_poll.Close();
}

}  // namespace pollux
