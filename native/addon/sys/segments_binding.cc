// Many datagrams of one size in one call: sendSegments, receiveSegments.
#include "../../common/datagram_segments.h"
#include "../addon.h"
#include "addresses.h"
#include "received.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// sendSegments(fd, bytes, offset, length, segment, most segments, family, text, port): count, kWouldBlock or
// kNotNumeric. A family of −1: to the peer.
napi_value SendInSegments(napi_env env, napi_callback_info info) {
  Arguments<9> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  SocketAddress address = {};
  napi_value failure = nullptr;
  const bool has_address = static_cast<Family>(arguments.Int(6)) != Family::kNone;
  if (has_address && !ReadAddress(env, arguments, 6, fd, &address, &failure)) return failure;
  Bytes bytes;
  const size_t segment = arguments.Uint(4);
  if (!ReadBytes(env, arguments, 1, &bytes) || segment == 0) return ThrowSysError(env, addon, {EFAULT, "sendmsg"}, fd);
  const size_t wanted = arguments.Uint(5);
  size_t most = wanted < addon.most_segments ? wanted : addon.most_segments;
  const size_t tried = most;
  size_t sent = 0;
  const SysError error =
      SendSegments(fd, bytes.data, bytes.length, segment, has_address ? &address : nullptr, &most, &sent);
  if (most < tried) addon.most_segments = most;
  if (!error) return FromInt(env, static_cast<int32_t>(sent));
  if (IsWouldBlock(error.code)) return FromInt(env, kWouldBlock);
  return ThrowSysError(env, addon, error, fd);
}

// receiveSegments(fd, bytes, offset, length, may coalesce, received): length or kWouldBlock
napi_value ReceiveInSegments(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  Bytes bytes;
  Received* received = ReadReceived(env, arguments, 5);
  if (received == nullptr || !ReadBytes(env, arguments, 1, &bytes)) {
    return ThrowSysError(env, addon, {EFAULT, "recvmsg"}, fd);
  }
  ReceivedSegments segments = {};
  JoiningSocket* joining = arguments.Bool(4) ? &addon.joining : nullptr;
  const SysError error = ReceiveSegments(fd, bytes.data, bytes.length, joining, &segments);
  if (error) {
    return IsWouldBlock(error.code) ? FromInt(env, kWouldBlock) : ThrowSysError(env, addon, error, fd);
  }
  TellMessage(segments.sender, segments.segment, segments.is_truncated, received);
  return FromInt(env, static_cast<int32_t>(segments.length));
}

}  // namespace

void ExportSegments(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"sendSegments", SendInSegments}, {"receiveSegments", ReceiveInSegments}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
