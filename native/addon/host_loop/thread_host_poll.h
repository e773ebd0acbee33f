// Watches the poller with a thread that calls a thread-safe function when there is an event: for hosts without libuv's
// loop, and for files that lose events when they are polled through a second poller. The thread takes no event away
// (LookOut() of backend.h). The environment's own thread takes the batch, so that no event is lost when the environment
// ends.
#pragma once

#include <node_api.h>
#include <pthread.h>

#include "../../common/backend.h"
#include "../../common/mutex.h"
#include "../batch_delivery.h"

namespace pollux {

class ThreadHostPoll {
 public:
  ThreadHostPoll(napi_env env, View* view);
  ~ThreadHostPoll();
  ThreadHostPoll(const ThreadHostPoll&) = delete;
  ThreadHostPoll& operator=(const ThreadHostPoll&) = delete;

  // Returns: EMFILE, ENFILE, ENOSPC, EAGAIN (no thread), ENOMEM.
  static SysError Open(napi_env env, View* view, napi_value on_batch, ThreadHostPoll** out);

  void Ref(bool on);
  void Pause(bool on);
  Event* Recall();
  // The thread has ended when this returns. The object is freed together with the thread-safe function.
  void Close();

 private:
  enum class Place {
    kAtRest,
    kOut,     // inside LookOut(), or on its way
    kEnding,  // told to end, or ended
  };

  SysError Start(napi_value on_batch);
  SysError StartThread();
  void GoOn();
  void CallHost() { napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking); }
  void EndThread();
  void CloseLookout();
  void Release();

  void Serve();
  static void* Run(void* data);
  static void OnReady(napi_env env, napi_value function, void* context, void* data);
  static void OnFunctionGone(napi_env env, void* data, void* hint);
  static void OnEnvironmentEnd(void* data);

  const napi_env env_;
  View* const view_;
  Backend* const backend_;
  BatchDelivery delivery_;
  napi_threadsafe_function function_ = nullptr;
  Lookout* lookout_ = nullptr;
  pthread_t thread_ = {};
  bool has_thread_ = false;
  bool is_paused_ = false;
  bool is_closed_ = false;
  bool is_watching_ = false;  // the thread is in LookOut(), or a call of the thread-safe function is under way
  bool was_recalled_ = false;
  bool was_sure_ = false;
  int holders_ = 1;  // one for the thread-safe function, one for a delivery on the stack

  Mutex mutex_;
  Condition has_moved_;
  Place place_ = Place::kAtRest;
  bool is_sure_ = false;  // the thread need not look out: the environment is to take a batch at once
  bool is_recalled_ = false;
  Event kept_ = {-1, 0, 0};  // belongs to the thread while it is in LookOut()
};

}  // namespace pollux
