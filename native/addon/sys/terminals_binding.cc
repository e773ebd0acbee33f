// Pseudoterminals, and the size of a terminal.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "../../common/os_calls.h"
#include "../../common/retry.h"
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
  winsize found = {};
  if (RetryOnSignal([&] { return ioctl(fd, TIOCGWINSZ, &found); }) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "ioctl"}, fd);
  }
  napi_value size = nullptr;
  napi_create_object(env, &size);
  SetProperty(env, size, "columns", FromInt(env, found.ws_col));
  SetProperty(env, size, "rows", FromInt(env, found.ws_row));
  return size;
}

// setWindowSize(fd, columns, rows)
napi_value SetWindowSize(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  winsize wanted = {};
  wanted.ws_col = static_cast<unsigned short>(arguments.Int(1));
  wanted.ws_row = static_cast<unsigned short>(arguments.Int(2));
  if (RetryOnSignal([&] { return ioctl(fd, TIOCSWINSZ, &wanted); }) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "ioctl"}, fd);
  }
  return nullptr;
}

// terminalHasEnded(fd): what a read(2) that returned 0 means. termios(3): with VMIN 0 a terminal
// returns 0 also when there is nothing to read; with ICANON it returns 0 for the end-of-file
// character; and it returns 0 for good once its other side is gone.
napi_value TerminalHasEnded(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  // NetBSD: kqueue never reports that a terminal has hung up, poll(2) does.
  pollfd hangup = {fd, 0, 0};
  if (RetryOnSignal([&] { return poll(&hangup, 1, 0); }) > 0 && (hangup.revents & POLLHUP)) {
    return FromBool(env, true);
  }
  termios settings = {};
  // EIO: it has hung up meanwhile.
  const bool is_known = RetryOnSignal([&] { return tcgetattr(fd, &settings); }) == 0;
  return FromBool(env, !is_known || (settings.c_lflag & ICANON) != 0);
}

}  // namespace

void ExportTerminals(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"openPty", OpenPty},
      {"windowSize", WindowSize},
      {"setWindowSize", SetWindowSize},
      {"terminalHasEnded", TerminalHasEnded},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
