// Bytes in and out of a descriptor: read, write, recv, send, readv, writev. The hot path: no memory
// is allocated here.
#include <sys/socket.h>

#include "../../common/message_flags.h"
#include "../../common/os_calls.h"
#include "../../common/retry.h"
#include "../addon.h"
#include "sys_binding.h"
#include "vector_argument.h"

namespace pollux {
namespace {

// read(fd, bytes, offset, length): count or kWouldBlock
napi_value Read(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const int fd = arguments.Int(0);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "read"}, fd);
  }
  const ssize_t count = ReadInto(fd, bytes.data, bytes.length);
  return FromTransfer(env, arguments.addon(), count, "read", fd);
}

// write(fd, bytes, offset, length): count or kWouldBlock
napi_value Write(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const int fd = arguments.Int(0);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "write"}, fd);
  }
  Addon& addon = arguments.addon();
  const iovec part = {bytes.data, bytes.length};
  return FromTransfer(env, addon, WriteParts(fd, &part, 1, addon.write_state), "write", fd);
}

// recv(fd, bytes, offset, length, flags): count, kWouldBlock or kNotSupported
napi_value Receive(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(4));
  if (flags < 0) return FromInt(env, kNotSupported);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "recv"}, fd);
  }
  const ssize_t count = RetryOnSignal([&] { return recv(fd, bytes.data, bytes.length, flags); });
  return FromTransfer(env, arguments.addon(), count, "recv", fd);
}

// send(fd, bytes, offset, length, flags): count, kWouldBlock or kNotSupported
napi_value Send(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(4));
  if (flags < 0) return FromInt(env, kNotSupported);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "send"}, fd);
  }
  const ssize_t count = RetryOnSignal([&] { return send(fd, bytes.data, bytes.length, flags | kNoSignal); });
  return FromTransfer(env, arguments.addon(), count, "send", fd);
}

// readv(fd, list of bytes): count or kWouldBlock
napi_value ReadIntoVector(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  Vector vector;
  if (!ReadVector(env, arguments.Value(1), &vector)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "readv"}, fd);
  }
  const ssize_t count = ReadParts(fd, vector.parts, vector.count);
  return FromTransfer(env, arguments.addon(), count, "readv", fd);
}

// writev(fd, list of bytes): count or kWouldBlock
napi_value WriteVector(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  Vector vector;
  if (!ReadVector(env, arguments.Value(1), &vector)) {
    return ThrowSysError(env, addon, {EFAULT, "writev"}, fd);
  }
  const ssize_t count = WriteParts(fd, vector.parts, vector.count, addon.write_state);
  return FromTransfer(env, addon, count, "writev", fd);
}

}  // namespace

void ExportStreams(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"read", Read}, {"write", Write},          {"recv", Receive},
      {"send", Send}, {"readv", ReadIntoVector}, {"writev", WriteVector},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
