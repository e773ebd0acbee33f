// Watching files: inotify(7).
#include "../../common/os_calls.h"
#include "sys_binding.h"

namespace pollux {
namespace {

napi_value FromInotify(napi_env env, Addon& addon, SysError error, int result, int fd) {
  if (!error) return FromInt(env, result);
  return error.code == ENOSYS ? FromInt(env, kNotSupported) : ThrowSysError(env, addon, error, fd);
}

// inotifyInit(): fd or kNotSupported
napi_value Init(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = -1;
  const SysError error = OpenInotify(&fd);
  return FromInotify(env, arguments.addon(), error, fd, -1);
}

// inotifyAddWatch(fd, path, mask): watch or kNotSupported
napi_value AddWatch(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  int watch = -1;
  const SysError error = AddInotifyWatch(fd, ReadPath(env, arguments, 1), arguments.Uint(2), &watch);
  return FromInotify(env, arguments.addon(), error, watch, fd);
}

// inotifyRemoveWatch(fd, watch): 0 or kNotSupported
napi_value RemoveWatch(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromInotify(env, arguments.addon(), RemoveInotifyWatch(fd, arguments.Int(1)), 0, fd);
}

}  // namespace

void ExportInotify(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"inotifyInit", Init}, {"inotifyAddWatch", AddWatch}, {"inotifyRemoveWatch", RemoveWatch}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
