// The entry point: one Addon per environment, and the functions that find it.
#include "addon.h"

#include <stdio.h>
#include <unistd.h>

#include "../common/allocation.h"
#include "../common/backend.h"
#include "js.h"
#include "lists.h"

// The digest of the sources, where the build file gives one.
#ifndef POLLUX_SOURCES
#define POLLUX_SOURCES ""
#endif

namespace pollux {

napi_value ThrowSysError(napi_env env, Addon& addon, SysError error, int fd) {
  napi_value make_error = nullptr;
  napi_value receiver = nullptr;
  napi_value thrown = nullptr;
  napi_get_reference_value(env, addon.make_error, &make_error);
  napi_get_undefined(env, &receiver);
  napi_value arguments[] = {FromInt(env, -error.code), FromText(env, error.syscall), FromInt(env, fd)};
  if (napi_call_function(env, receiver, make_error, 3, arguments, &thrown) == napi_ok) {
    napi_throw(env, thrown);
  }
  return nullptr;
}

namespace {

// connect(makeError, isMainThread): to be called once, before anything else.
napi_value Connect(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Addon& addon = arguments.addon();
  if (addon.make_error != nullptr) napi_delete_reference(env, addon.make_error);
  napi_create_reference(env, arguments.Value(0), 1, &addon.make_error);
  napi_get_value_bool(env, arguments.Value(1), &addon.is_main_thread);
  // Only the main thread can change what the process does about a signal: listeners of signals belong to it.
  addon.write_state.is_alone = addon.is_main_thread;
  return nullptr;
}

// nowMs(): the milliseconds of CLOCK_MONOTONIC
napi_value NowInMs(napi_env env, napi_callback_info) {
  constexpr double kNsPerMs = 1e6;
  return FromNumber(env, static_cast<double>(NowNs()) / kNsPerMs);
}

// The time when the library was loaded. It is unloaded with the last thread that uses it. A copy that is loaded later
// may get the same address, and its poller ids begin anew.
const int64_t loaded_at_ns = NowNs();

// A text that differs between two copies of the addon in one process, present or past, and between
// processes that exist at the same time.
napi_value InstanceName(napi_env env) {
  char name[96];
  snprintf(name, sizeof name, "%ld-%p-%lld", static_cast<long>(getpid()), static_cast<const void*>(&loaded_at_ns),
           static_cast<long long>(loaded_at_ns));
  return FromText(env, name);
}

// Runs when the environment ends, also when its worker is terminated. It runs before the addon can be unloaded and
// before the memory that the views write to is freed.
void EndEnvironment(void* data) {
  auto* addon = static_cast<Addon*>(data);
  addon->owned.CloseAll(addon->views);
  if (addon->make_error != nullptr) napi_delete_reference(addon->env, addon->make_error);
  Destroy(addon);
}

napi_value Init(napi_env env, napi_value exports) {
  Addon* addon = Create<Addon>(env);
  if (addon == nullptr) {
    napi_throw_error(env, "ENOMEM", "not enough memory to load pollux");
    return exports;
  }
  napi_add_env_cleanup_hook(env, EndEnvironment, addon);
  SetProperty(env, exports, "backend", FromText(env, Name()));
  SetProperty(env, exports, "instance", InstanceName(env));
  SetProperty(env, exports, "sources", FromText(env, POLLUX_SOURCES));
  ExportLists(env, exports);
  const ExportedFunction functions[] = {{"connect", Connect}, {"nowMs", NowInMs}};
  Export(env, exports, addon, functions);
  ExportPollers(env, exports, addon);
  ExportHostPolls(env, exports, addon);
  ExportSys(env, exports, addon);
  return exports;
}

}  // namespace
}  // namespace pollux

#if __has_include(<napi.h>)
#include <napi.h>
namespace {
Napi::Object Start(Napi::Env env, Napi::Object exports) { return Napi::Object(env, pollux::Init(env, exports)); }
}  // namespace
NODE_API_MODULE(pollux, Start)
#else
NAPI_MODULE_INIT() { return pollux::Init(env, exports); }
#endif
