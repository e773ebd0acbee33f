// Pseudoterminals, and the size of a terminal.
#include "../../common/os_calls.h"
#include "sys_binding.h"

namespace pollux {
namespace {

constexpr size_t kLongestTerminalPath = 1024;

// openPty(): { fd, path }
napi_value OpenPty(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = -1;
  char path[kLongestTerminalPath];
  const SysError error = OpenPseudoterminal(&fd, path, sizeof path);
  if (error) return ThrowSysError(env, arguments.addon(), error, -1);
  napi_value pty = nullptr;
  napi_create_object(env, &pty);
  SetProperty(env, pty, "fd", FromInt(env, fd));
  SetProperty(env, pty, "path", FromText(env, path));
  return pty;
}

// windowSize(fd): { columns, rows }
napi_value WindowSize(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  unsigned short columns = 0;
  unsigned short rows = 0;
  const SysError error = GetWindowSize(fd, &columns, &rows);
  if (error) return ThrowSysError(env, arguments.addon(), error, fd);
  napi_value size = nullptr;
  napi_create_object(env, &size);
  SetProperty(env, size, "columns", FromInt(env, columns));
  SetProperty(env, size, "rows", FromInt(env, rows));
  return size;
}

// setWindowSize(fd, columns, rows)
napi_value ChangeWindowSize(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  const auto columns = static_cast<unsigned short>(arguments.Int(1));
  const auto rows = static_cast<unsigned short>(arguments.Int(2));
  return FromOutcome(env, arguments.addon(), SetWindowSize(fd, columns, rows), fd);
}

// terminalHasEnded(fd): whether a read(2) that returned 0 was the end of the terminal
napi_value TerminalHasEnded(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return FromBool(env, HasTerminalEnded(arguments.Int(0)));
}

}  // namespace

void ExportTerminals(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"openPty", OpenPty},
      {"windowSize", WindowSize},
      {"setWindowSize", ChangeWindowSize},
      {"terminalHasEnded", TerminalHasEnded},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
