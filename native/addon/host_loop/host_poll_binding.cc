// The functions that attach a poller to the host's event loop.
#include <errno.h>

#include "../addon.h"
#include "../js.h"

namespace pollux {
namespace {

// openHostPoll(handle, withThread, onBatch): undefined
napi_value OpenHostPoll(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Addon& addon = arguments.addon();
  View* view = addon.views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, addon, {EBADF, "poller"}, -1);
  const HostWaiter waiter = arguments.Bool(1) ? HostWaiter::kThread : HostWaiter::kUv;
  const SysError error = view->host_poll.Open(env, view, waiter, arguments.Value(2));
  return error ? ThrowSysError(env, addon, error, -1) : nullptr;
}

// refHostPoll(handle, on)
napi_value RefHostPoll(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view != nullptr) view->host_poll.Ref(arguments.Bool(1));
  return nullptr;
}

// pauseHostPoll(handle, on)
napi_value PauseHostPoll(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view != nullptr) view->host_poll.Pause(arguments.Bool(1));
  return nullptr;
}

// closeHostPoll(handle)
napi_value CloseHostPoll(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view != nullptr) view->host_poll.Close();
  return nullptr;
}

// raise(error): as if a callback of the host had thrown it
napi_value Raise(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  napi_fatal_exception(env, arguments.Value(0));
  return nullptr;
}

}  // namespace

void ExportHostPolls(napi_env env, napi_value exports, Addon* addon) {
  const ExportedFunction functions[] = {
      {"openHostPoll", OpenHostPoll},
      {"refHostPoll", RefHostPoll},
      {"pauseHostPoll", PauseHostPoll},
      {"closeHostPoll", CloseHostPoll},
      {"raise", Raise},
  };
  Export(env, exports, addon, functions);
}

}  // namespace pollux
