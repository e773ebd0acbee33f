// Socket options by name.
#include <sys/socket.h>

#include "../../common/internet_options.h"
#include "../../common/socket_options.h"
#include "sys_binding.h"

namespace pollux {
namespace {

constexpr size_t kNameBytes = 32;

template <size_t kMost>
const SocketOption* ReadOption(napi_env env, const Arguments<kMost>& arguments, int fd, size_t index) {
  char name[kNameBytes] = "";
  napi_get_value_string_utf8(env, arguments.Value(index), name, sizeof name, nullptr);
  return FindOptionFor(fd, name);
}

const char* TypeName(int type) {
  switch (type) {
    case SOCK_STREAM:
      return "stream";
    case SOCK_DGRAM:
      return "dgram";
    case SOCK_SEQPACKET:
      return "seqpacket";
    case SOCK_RAW:
      return "raw";
    default:
      return "other";
  }
}

napi_value FromOption(napi_env env, OptionKind kind, int value) {
  switch (kind) {
    case OptionKind::kFlag:
      return FromBool(env, value != 0);
    case OptionKind::kSocketType:
      return FromText(env, TypeName(value));
    default:
      return FromInt(env, value);
  }
}

// getOption(fd, name): boolean, number, text; undefined: the kernel lacks it
napi_value ReadSocketOption(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  const SocketOption* option = ReadOption(env, arguments, fd, 1);
  if (option == nullptr) return nullptr;
  int value = 0;
  const SysError error = GetOption(fd, *option, &value);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromOption(env, option->kind, value);
}

// setOption(fd, name, number): true; false: the kernel lacks it
napi_value WriteSocketOption(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  const SocketOption* option = ReadOption(env, arguments, fd, 1);
  if (option == nullptr) return FromBool(env, false);
  const SysError error = SetOption(fd, *option, arguments.Int(2));
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromBool(env, true);
}

// takeError(fd): errno
napi_value TakeError(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "getsockopt"}, fd);
  }
  return FromInt(env, code);
}

}  // namespace

void ExportSocketOptions(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"getOption", ReadSocketOption},
      {"setOption", WriteSocketOption},
      {"takeError", TakeError},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
