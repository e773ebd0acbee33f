// Bytes from one descriptor to another, inside the kernel.
#include "../../common/os_calls.h"
#include "../addon.h"
#include "sys_binding.h"

namespace pollux {
namespace {

napi_value FromKernelTransfer(napi_env env, Addon& addon, SysError error, size_t count, int fd) {
  if (!error) return FromInt(env, static_cast<int32_t>(count));
  if (error.code == ENOSYS) return FromInt(env, kNotSupported);
  if (IsWouldBlock(error.code)) return FromInt(env, kWouldBlock);
  return ThrowSysError(env, addon, error, fd);
}

size_t CountFrom(double count) {
  return count < static_cast<double>(kMostBytes) ? static_cast<size_t>(count) : kMostBytes;
}

// sendFile(outFd, inFd, offset or -1, count): count, kWouldBlock or kNotSupported
napi_value SendFileTo(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const int out = arguments.Int(0);
  size_t sent = 0;
  const SysError error = SendFile(out, arguments.Int(1), static_cast<int64_t>(arguments.Number(2)),
                                  CountFrom(arguments.Number(3)), arguments.addon().write_state, &sent);
  return FromKernelTransfer(env, arguments.addon(), error, sent, out);
}

// splice(inFd, inOffset or -1, outFd, outOffset or -1, count, more): count, kWouldBlock or
// kNotSupported
napi_value SpliceBetween(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  const int in = arguments.Int(0);
  bool more = false;
  napi_get_value_bool(env, arguments.Value(5), &more);
  size_t moved = 0;
  const SysError error =
      Splice(in, static_cast<int64_t>(arguments.Number(1)), arguments.Int(2), static_cast<int64_t>(arguments.Number(3)),
             CountFrom(arguments.Number(4)), more, arguments.addon().write_state, &moved);
  return FromKernelTransfer(env, arguments.addon(), error, moved, in);
}

}  // namespace

void ExportZeroCopy(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"sendFile", SendFileTo}, {"splice", SpliceBetween}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
