// A thread that watches the poller's descriptor, and a thread-safe function: for hosts without
// libuv's loop. The thread only looks whether the poller is ready; the batch is taken in the
// environment's own thread, so that nothing is lost when that ends.
#pragma once

#include <node_api.h>
#include <pthread.h>

#include "batch_delivery.h"

namespace pollux {

class ThreadHostPoll {
 public:
  ThreadHostPoll(napi_env env, View* view);
  ~ThreadHostPoll();
  ThreadHostPoll(const ThreadHostPoll&) = delete;
  ThreadHostPoll& operator=(const ThreadHostPoll&) = delete;

  // Returns: EMFILE, ENFILE, EAGAIN (no thread), ENOMEM.
  static SysError Open(napi_env env, View* view, napi_value on_batch, ThreadHostPoll** out);

  void Ref(bool on);
  void Pause(bool on);
  // The thread has ended when this returns; the object goes with the thread-safe function.
  void Close();

 private:
  SysError Start(napi_value on_batch);
  SysError StartThread();
  void CloseControl();
  void Order(char order);
  void Release();

  void Serve();
  char NextOrder() const;
  static void* Run(void* data);
  static void OnReady(napi_env env, napi_value function, void* context, void* data);
  static void OnFunctionGone(napi_env env, void* data, void* hint);
  static void OnEnvironmentEnd(void* data);

  const napi_env env_;
  View* const view_;
  const int poller_fd_;
  BatchDelivery delivery_;
  napi_threadsafe_function function_ = nullptr;
  int control_[2] = {-1, -1};
  pthread_t thread_ = {};
  bool has_thread_ = false;
  bool is_paused_ = false;
  bool is_closed_ = false;
  bool is_watching_ = false;  // the thread was told to look, and has not called back yet
  int holders_ = 1;           // the thread-safe function, and a delivery on the stack
};

}  // namespace pollux
