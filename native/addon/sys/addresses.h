// A socket address in JavaScript: three arguments of a call (family; host, path or the bytes of a struct sockaddr;
// port), or the object that a call returns.
#pragma once

#include "../../common/socket_address.h"
#include "../js.h"
#include "sys_binding.h"

namespace pollux {

// { family, host, port } or { family, path }; for another family { family: number, raw: Buffer }.
napi_value FromSocketAddress(napi_env env, const SocketAddress& address);

// The address of the sender of a message that `fd` has received, as recvmsg(2) wrote it. Where the kernel names no
// sender: the unnamed address of the socket's own family. Never fails, because the message is consumed.
napi_value FromSender(napi_env env, int fd, SocketAddress* sender);

// Copies the bytes of the Uint8Array `value`. TypeScript has checked that they fit. If the view has become shorter
// since then, the kernel refuses the address, which is shorter too.
void ReadRawAddress(napi_env env, napi_value value, SocketAddress* address);

// The texts of addresses: a path of 108 bytes is the longest that any kernel takes, a host with its
// zone is shorter.
constexpr size_t kTextBytes = 112;

// Reads the address at `first` for the socket `fd`. Returns false if that fails; `*failure` is then what the call has
// to return: kNotNumeric, or nullptr with an error thrown.
template <size_t kMost>
bool ReadAddress(napi_env env, const Arguments<kMost>& arguments, size_t first, int fd, SocketAddress* address,
                 napi_value* failure) {
  auto family = static_cast<Family>(arguments.Int(first));
  *failure = nullptr;
  if (family == Family::kRaw) {
    ReadRawAddress(env, arguments.Value(first + 1), address);
    return true;
  }
  char text[kTextBytes];
  size_t length = 0;
  napi_get_value_string_utf8(env, arguments.Value(first + 1), text, sizeof text, &length);
  if (family == Family::kUnix) {
    const size_t longest = LongestPath() + (length > 0 && text[0] == '\0' ? 1 : 0);
    MakeUnixAddress(text, length < longest ? length : longest, address);
    return true;
  }
  if (family == Family::kUnspecified) {
    address->length = sizeof address->storage;
    if (getsockname(fd, address->raw(), &address->length) < 0) {
      ThrowSysError(env, arguments.addon(), {errno, "getsockname"}, fd);
      return false;
    }
    family = address->storage.ss_family == AF_INET6 ? Family::kIpv6 : Family::kIpv4;
  }
  SysError error;
  const auto port = static_cast<uint16_t>(arguments.Uint(first + 2));
  switch (ParseInternetAddress(family, text, port, address, &error)) {
    case ParseResult::kOk:
      return true;
    case ParseResult::kNotNumeric:
      *failure = FromInt(env, kNotNumeric);
      return false;
    default:
      ThrowSysError(env, arguments.addon(), error, fd);
      return false;
  }
}

// The same of an address beside the main one: kSourceNotNumeric in place of kNotNumeric.
template <size_t kMost>
bool ReadSource(napi_env env, const Arguments<kMost>& arguments, size_t first, int fd, SocketAddress* source,
                napi_value* failure) {
  if (ReadAddress(env, arguments, first, fd, source, failure)) return true;
  if (*failure != nullptr) *failure = FromInt(env, kSourceNotNumeric);
  return false;
}

}  // namespace pollux
