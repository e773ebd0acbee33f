// A socket address, between the kernel's form and text.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "sys_error.h"

namespace pollux {

// The families as pollux numbers them, alike on every kernel.
enum class Family : int32_t {
  kNone = -1,        // no address: the peer that the socket is connected to
  kUnspecified = 0,  // the socket's own
  kUnix = 1,
  kRaw = 2,  // a whole struct sockaddr
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

// What an address says: a path, or a host in digits (with "%zone" where it is a scoped IPv6 address) and a port.
struct AddressText {
  Family family;
  char text[sizeof(sockaddr_storage)];
  size_t length;  // of text, without a terminating NUL
  uint16_t port;
};

// False when the address is of another family.
bool DescribeAddress(const SocketAddress& address, AddressText* text);

}  // namespace pollux
