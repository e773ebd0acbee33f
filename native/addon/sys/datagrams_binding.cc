// Messages with addresses: recvFrom, sendTo.
#include <sys/socket.h>

#include "../../common/message_flags.h"
#include "../../common/retry.h"
#include "addresses.h"
#include "sys_binding.h"

namespace pollux {
namespace {

napi_value FromMessage(napi_env env, ssize_t length, napi_value address, bool truncated) {
  napi_value message = nullptr;
  napi_create_object(env, &message);
  SetProperty(env, message, "length", FromInt(env, static_cast<int32_t>(length)));
  SetProperty(env, message, "address", address);
  SetProperty(env, message, "truncated", FromBool(env, truncated));
  return message;
}

// recvFrom(fd, bytes, offset, length, flags): { length, address, truncated }, kWouldBlock or
// kNotSupported
napi_value ReceiveFrom(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(4));
  if (flags < 0) return FromInt(env, kNotSupported);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, addon, {EFAULT, "recvmsg"}, fd);
  }
  SocketAddress sender = {};
  iovec part = {bytes.data, bytes.length};
  msghdr message = {};
  message.msg_name = sender.raw();
  message.msg_namelen = sizeof sender.storage;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t length = RetryOnSignal([&] { return recvmsg(fd, &message, flags); });
  if (length < 0) return FromTransfer(env, addon, length, "recvmsg", fd);
  sender.length = message.msg_namelen;
  return FromMessage(env, length, FromSender(env, fd, &sender), (message.msg_flags & MSG_TRUNC) != 0);
}

// sendTo(fd, bytes, offset, length, flags, family, text, port): count, kWouldBlock, kNotNumeric or
// kNotSupported
napi_value SendTo(napi_env env, napi_callback_info info) {
  Arguments<8> arguments(env, info);
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(4));
  if (flags < 0) return FromInt(env, kNotSupported);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, arguments.addon(), {EFAULT, "sendto"}, fd);
  }
  SocketAddress address;
  napi_value failure = nullptr;
  if (!ReadAddress(env, arguments, 5, fd, &address, &failure)) return failure;
  const ssize_t count = RetryOnSignal(
      [&] { return sendto(fd, bytes.data, bytes.length, flags | kNoSignal, address.raw(), address.length); });
  return FromTransfer(env, arguments.addon(), count, "sendto", fd);
}

}  // namespace

void ExportDatagrams(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"recvFrom", ReceiveFrom}, {"sendTo", SendTo}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
