// The functions that JavaScript's Poller calls. TypeScript has checked the arguments. A handle without a view fails
// with EBADF: the poller was closed and TypeScript does not know.
#include <errno.h>

#include "../common/backend.h"
#include "../common/shared_pollers.h"
#include "addon.h"
#include "js.h"
#include "sys/sys_binding.h"

namespace pollux {
namespace {

constexpr SysError kNoView = {EBADF, "poller"};

// open(capacity, memory): handle
napi_value OpenPoller(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Addon& addon = arguments.addon();
  SharedPoller* poller = nullptr;
  int handle = -1;
  SysError error = OpenShared(&poller);
  if (!error) error = addon.views.Open(poller, arguments.Int(0), arguments.Value(1), &handle);
  return error ? ThrowSysError(env, addon, error, -1) : FromInt(env, handle);
}

// attach(id, capacity, memory): handle, or -1 when the poller is closed
napi_value AttachPoller(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Addon& addon = arguments.addon();
  SharedPoller* poller = AttachShared(static_cast<uint64_t>(arguments.Number(0)));
  if (poller == nullptr) return FromInt(env, -1);
  int handle = -1;
  const SysError error = addon.views.Open(poller, arguments.Int(1), arguments.Value(2), &handle);
  return error ? ThrowSysError(env, addon, error, -1) : FromInt(env, handle);
}

// close(handle)
napi_value ClosePoller(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  arguments.addon().views.Close(arguments.Int(0));
  return nullptr;
}

// describe(handle): { id, fd, capabilities }
napi_value Describe(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, arguments.addon(), kNoView, -1);
  const Capabilities can = CapabilitiesOf(view->backend());
  napi_value capabilities = nullptr;
  napi_create_object(env, &capabilities);
  SetProperty(env, capabilities, "edge", FromBool(env, can.edge));
  SetProperty(env, capabilities, "oneshot", FromBool(env, can.oneshot));
  SetProperty(env, capabilities, "priority", FromBool(env, can.priority));
  SetProperty(env, capabilities, "exclusive", FromBool(env, can.exclusive));
  SetProperty(env, capabilities, "readClosed", FromBool(env, can.read_closed));
  SetProperty(env, capabilities, "nested", FromBool(env, can.nested));
  SetProperty(env, capabilities, "threads", FromBool(env, can.threads));
  SetProperty(env, capabilities, "timeoutResolutionNs",
              FromNumber(env, static_cast<double>(can.timeout_resolution_ns)));
  napi_value description = nullptr;
  napi_create_object(env, &description);
  SetProperty(env, description, "id", FromNumber(env, static_cast<double>(view->id())));
  SetProperty(env, description, "fd", FromInt(env, Descriptor(view->backend())));
  SetProperty(env, description, "capabilities", capabilities);
  return description;
}

// add(handle, fd, interest): generation
napi_value AddToPoller(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, arguments.addon(), kNoView, -1);
  const int fd = arguments.Int(1);
  uint32_t generation = 0;
  const SysError error = Add(view->backend(), fd, arguments.Uint(2), &generation);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, static_cast<int32_t>(generation));
}

// modify(handle, fd, interest): generation
napi_value ModifyInPoller(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, arguments.addon(), kNoView, -1);
  const int fd = arguments.Int(1);
  uint32_t generation = 0;
  const SysError error = Modify(view->backend(), fd, arguments.Uint(2), &generation);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, static_cast<int32_t>(generation));
}

// remove(handle, fd)
napi_value RemoveFromPoller(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, arguments.addon(), kNoView, -1);
  const int fd = arguments.Int(1);
  const SysError error = Remove(view->backend(), fd);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : nullptr;
}

// has(handle, fd): boolean
napi_value HasInPoller(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  return FromBool(env, view != nullptr && view->registry().Get(arguments.Int(1)).registered());
}

// flagsOf(handle, fd): number. Interest, mode and the backend's own bits; −1: not registered
napi_value FlagsInPoller(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view == nullptr) return FromInt(env, -1);
  const Registration now = view->registry().Get(arguments.Int(1));
  return FromInt(env, now.registered() ? static_cast<int32_t>(now.flags & ~kRegistered) : -1);
}

// size(handle): number
napi_value SizeOfPoller(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  return FromNumber(env, view == nullptr ? 0 : view->registry().size());
}

// isCurrent(handle, fd, generation): boolean
napi_value IsCurrentInPoller(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  return FromBool(env, view != nullptr && view->registry().IsCurrent(arguments.Int(1), arguments.Uint(2)));
}

// A deadline `timeout_ms` from now. A negative timeout, and one that 64-bit nanoseconds cannot hold, makes kNever.
int64_t DeadlineIn(double timeout_ms) {
  constexpr double kNsPerMs = 1e6;
  constexpr double kMostMs = 9e12;
  if (timeout_ms == 0) return kPollOnly;
  if (timeout_ms < 0 || timeout_ms > kMostMs) return kNever;
  const int64_t now_ns = NowNs();
  auto timeout_ns = static_cast<int64_t>(timeout_ms * kNsPerMs);
  if (static_cast<double>(timeout_ns) < timeout_ms * kNsPerMs) timeout_ns++;
  return timeout_ns > kNever - now_ns ? kNever : now_ns + timeout_ns;
}

// Worker.terminate() cannot reach a thread that is blocked in a system call. A worker therefore waits in slices, and
// checks between them whether it is to end. Terminating it (and exiting the process) takes one slice at most.
constexpr int64_t kSliceNs = 50000000;

SysError WaitInSlices(napi_env env, View& view, int64_t deadline_ns, WaitResult* result) {
  for (;;) {
    const int64_t slice_end_ns = NowNs() + kSliceNs;
    const bool is_last = deadline_ns <= slice_end_ns;
    const SysError error = view.WaitUntil(is_last ? deadline_ns : slice_end_ns, result);
    if (error || is_last || result->count > 0 || result->woken || IsTerminating(env)) return error;
  }
}

// Looks for an event until the spin of the view or the deadline is over. Leaves `result` empty where there was none, or
// where the environment is to end.
SysError Spin(napi_env env, bool is_main_thread, View& view, int64_t deadline_ns, WaitResult* result) {
  const int64_t begin_ns = NowNs();
  const int64_t spin_end_ns = begin_ns + view.spin_ns();
  const int64_t end_ns = deadline_ns < spin_end_ns ? deadline_ns : spin_end_ns;
  int64_t check_ns = is_main_thread ? kNever : begin_ns + kSliceNs;
  for (;;) {
    const SysError error = view.WaitUntil(kPollOnly, result);
    if (error || result->count > 0 || result->woken) return error;
    const int64_t now_ns = NowNs();
    if (now_ns >= end_ns) return {};
    if (now_ns < check_ns) continue;
    if (IsTerminating(env)) return {};
    check_ns = now_ns + kSliceNs;
  }
}

// wait(handle, timeoutMs): 2 × count + woken
napi_value WaitOnPoller(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Addon& addon = arguments.addon();
  View* view = addon.views.Find(arguments.Int(0));
  if (view == nullptr) return ThrowSysError(env, addon, kNoView, -1);
  const int64_t deadline_ns = DeadlineIn(arguments.Number(1));
  view->Trust();
  WaitResult result = {0, false};
  SysError error = {};
  if (view->spin_ns() > 0 && deadline_ns != kPollOnly) {
    error = Spin(env, addon.is_main_thread, *view, deadline_ns, &result);
  }
  if (!error && result.count == 0 && !result.woken) {
    const bool direct = addon.is_main_thread || deadline_ns == kPollOnly;
    error = direct ? view->WaitUntil(deadline_ns, &result) : WaitInSlices(env, *view, deadline_ns, &result);
  }
  if (error) return ThrowSysError(env, addon, error, -1);
  return FromInt(env, 2 * result.count + (result.woken ? 1 : 0));
}

// own(handle, fd, path): as long as fd is registered it is closed when the environment ends, and the file `path` of a
// unix socket is removed; path may be undefined
napi_value OwnThroughPoller(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  Addon& addon = arguments.addon();
  const View* view = addon.views.Find(arguments.Int(0));
  if (view != nullptr) addon.owned.Own(*view, arguments.Int(1), ReadPath(env, arguments, 2));
  return nullptr;
}

// spin(handle, lengthUs): a wait that may block looks for so long before it does
napi_value SpinOnPoller(napi_env env, napi_callback_info info) {
  constexpr int64_t kNsPerUs = 1000;
  Arguments<2> arguments(env, info);
  View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view != nullptr) view->SetSpin(static_cast<int64_t>(arguments.Number(1)) * kNsPerUs);
  return nullptr;
}

// wake(handle)
napi_value WakePoller(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const View* view = arguments.addon().views.Find(arguments.Int(0));
  if (view != nullptr) Wake(view->backend());
  return nullptr;
}

}  // namespace

void ExportPollers(napi_env env, napi_value exports, Addon* addon) {
  const ExportedFunction functions[] = {
      {"open", OpenPoller},      {"attach", AttachPoller},         {"close", ClosePoller},       {"describe", Describe},
      {"add", AddToPoller},      {"modify", ModifyInPoller},       {"remove", RemoveFromPoller}, {"has", HasInPoller},
      {"size", SizeOfPoller},    {"isCurrent", IsCurrentInPoller}, {"wait", WaitOnPoller},       {"wake", WakePoller},
      {"own", OwnThroughPoller}, {"flagsOf", FlagsInPoller},       {"spin", SpinOnPoller},
  };
  Export(env, exports, addon, functions);
}

}  // namespace pollux
