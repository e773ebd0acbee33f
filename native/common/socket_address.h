// A socket address, between the kernel's form and JavaScript's.
#pragma once

#include <node_api.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "sys_error.h"

namespace pollux {

// The families as JavaScript numbers them; src/sys/binding.ts has the same list.
enum class Family : int32_t {
  kUnspecified = 0,  // the socket's own
  kUnix = 1,
  kIpv4 = 4,
  kIpv6 = 6,
};

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t length;

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

enum class ParseResult { kOk, kNotNumeric, kFailed };

// The longest path that fits a unix address with its terminating NUL, in bytes.
size_t LongestPath();

// AF_* of `family`, AF_UNSPEC of kUnspecified.
int DomainOf(Family family);

// Writes the address of `host` (digits, with "%zone" where it is IPv6; empty: any) and `port`.
// kFailed: `*error` says why.
ParseResult ParseInternetAddress(Family family, const char* host, uint16_t port, SocketAddress* address,
                                 SysError* error);

// Writes the unix address of `path`, `length` bytes that fit; empty: the unnamed address.
void MakeUnixAddress(const char* path, size_t length, SocketAddress* address);

// { family, host, port } or { family, path }; nullptr when it is of another family.
napi_value FromSocketAddress(napi_env env, const SocketAddress& address);

}  // namespace pollux
