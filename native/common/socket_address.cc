#include "socket_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "os_calls.h"

namespace pollux {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// The number of the zone `text`: a number itself or the name of an interface. 0: there is none.
uint32_t ParseZone(const char* text) {
  uint64_t number = 0;
  const char* digit = text;
  for (; *digit >= '0' && *digit <= '9' && number <= UINT32_MAX; digit++) {
    number = 10 * number + static_cast<uint64_t>(*digit - '0');
  }
  if (*digit == '\0' && digit != text) {
    return number <= UINT32_MAX ? static_cast<uint32_t>(number) : 0;
  }
  return if_nametoindex(text);
}

ParseResult ParseIpv4(const char* host, uint16_t port, SocketAddress* address) {
  sockaddr_in internet = {};
  internet.sin_family = AF_INET;
  internet.sin_port = htons(port);
  if (*host != '\0' && inet_pton(AF_INET, host, &internet.sin_addr) != 1) {
    return ParseResult::kNotNumeric;
  }
  memcpy(&address->storage, &internet, sizeof internet);
  address->length = sizeof internet;
  return ParseResult::kOk;
}

ParseResult ParseIpv6(const char* host, uint16_t port, SocketAddress* address, SysError* error) {
  sockaddr_in6 internet = {};
  internet.sin6_family = AF_INET6;
  internet.sin6_port = htons(port);
  char digits[INET6_ADDRSTRLEN];
  const char* zone = strchr(host, '%');
  const size_t length = zone == nullptr ? strlen(host) : static_cast<size_t>(zone - host);
  if (length >= sizeof digits) return ParseResult::kNotNumeric;
  memcpy(digits, host, length);
  digits[length] = '\0';
  if (*host != '\0' && inet_pton(AF_INET6, digits, &internet.sin6_addr) != 1) {
    return ParseResult::kNotNumeric;
  }
  if (zone != nullptr) {
    if (zone[1] == '\0') return ParseResult::kNotNumeric;
    internet.sin6_scope_id = ParseZone(zone + 1);
    if (internet.sin6_scope_id == 0) {
      *error = {ENODEV, "if_nametoindex"};
      return ParseResult::kFailed;
    }
  }
  memcpy(&address->storage, &internet, sizeof internet);
  address->length = sizeof internet;
  return ParseResult::kOk;
}

void DescribeIpv4(const SocketAddress& address, AddressText* text) {
  sockaddr_in internet;
  memcpy(&internet, &address.storage, sizeof internet);
  inet_ntop(AF_INET, &internet.sin_addr, text->text, sizeof text->text);
  text->family = Family::kIpv4;
  text->length = strlen(text->text);
  text->port = ntohs(internet.sin_port);
}

void DescribeIpv6(const SocketAddress& address, AddressText* text) {
  static_assert(sizeof text->text >= INET6_ADDRSTRLEN + 1 + IF_NAMESIZE, "a host and its zone");
  sockaddr_in6 internet;
  memcpy(&internet, &address.storage, sizeof internet);
  inet_ntop(AF_INET6, &internet.sin6_addr, text->text, INET6_ADDRSTRLEN);
  if (internet.sin6_scope_id != 0) {
    char* zone = text->text + strlen(text->text);
    *zone++ = '%';
    // The interface may be gone; its number still says which one it was.
    if (if_indextoname(internet.sin6_scope_id, zone) == nullptr) {
      snprintf(zone, IF_NAMESIZE, "%u", static_cast<unsigned>(internet.sin6_scope_id));
    }
  }
  text->family = Family::kIpv6;
  text->length = strlen(text->text);
  text->port = ntohs(internet.sin6_port);
}

void DescribeUnix(const SocketAddress& address, AddressText* text) {
  const char* path = reinterpret_cast<const char*>(&address.storage) + kPathOffset;
  const size_t most = sizeof address.storage - kPathOffset;
  size_t length = address.length > kPathOffset ? address.length - kPathOffset : 0;
  if (length > most) length = most;
  // unix(7): an abstract name is all that the length says, a path ends with its NUL.
  const bool is_abstract = HasAbstractNames() && length > 0 && path[0] == '\0';
  if (!is_abstract) length = strnlen(path, length);
  memcpy(text->text, path, length);
  text->family = Family::kUnix;
  text->length = length;
  text->port = 0;
}

}  // namespace

size_t LongestPath() { return sizeof(sockaddr_un::sun_path) - 1; }

int DomainOf(Family family) {
  switch (family) {
    case Family::kUnix:
      return AF_UNIX;
    case Family::kIpv4:
      return AF_INET;
    case Family::kIpv6:
      return AF_INET6;
    default:
      return AF_UNSPEC;
  }
}

ParseResult ParseInternetAddress(Family family, const char* host, uint16_t port, SocketAddress* address,
                                 SysError* error) {
  const bool is_ipv6 = family == Family::kIpv6;
  return is_ipv6 ? ParseIpv6(host, port, address, error) : ParseIpv4(host, port, address);
}

void MakeUnixAddress(const char* path, size_t length, SocketAddress* address) {
  sockaddr_un local = {};
  local.sun_family = AF_UNIX;
  memcpy(local.sun_path, path, length);
  const bool is_path = length > 0 && path[0] != '\0';
  memcpy(&address->storage, &local, sizeof local);
  address->length = static_cast<socklen_t>(kPathOffset + length + (is_path ? 1 : 0));
}

bool DescribeAddress(const SocketAddress& address, AddressText* text) {
  switch (address.storage.ss_family) {
    case AF_UNIX:
      DescribeUnix(address, text);
      return true;
    case AF_INET:
      DescribeIpv4(address, text);
      return true;
    case AF_INET6:
      DescribeIpv6(address, text);
      return true;
    default:
      return false;
  }
}

}  // namespace pollux
