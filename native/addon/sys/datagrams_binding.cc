// Messages with addresses: recvFrom, describeSender, sendTo.
#include <sys/socket.h>

#include "../../common/message_flags.h"
#include "../../common/retry.h"
#include "addresses.h"
#include "received.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// recvFrom(fd, bytes, offset, length, flags, received): length, kWouldBlock or kNotSupported
napi_value ReceiveFrom(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(4));
  if (flags < 0) return FromInt(env, kNotSupported);
  Bytes bytes;
  Received* received = ReadReceived(env, arguments, 5);
  if (received == nullptr || !ReadBytes(env, arguments, 1, &bytes)) {
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
  TellMessage(sender, 0, (message.msg_flags & MSG_TRUNC) != 0, received);
  return FromInt(env, static_cast<int32_t>(length));
}

// describeSender(fd, received): the address of the sender of the last message, which `fd` has received
napi_value DescribeSender(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const Received* received = ReadReceived(env, arguments, 1);
  if (received == nullptr) return nullptr;
  SocketAddress sender = {received->address, static_cast<socklen_t>(received->address_length)};
  return FromSender(env, arguments.Int(0), &sender);
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
  const ExportedFunction functions[] = {
      {"recvFrom", ReceiveFrom}, {"describeSender", DescribeSender}, {"sendTo", SendTo}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
