#include "socket_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "../addon/js.h"
#include "os_calls.h"

namespace pollux {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr size_t kHostBytes = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE;

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

napi_value FromHostAndPort(napi_env env, const char* family, const char* host, uint16_t port) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  SetProperty(env, object, "family", FromText(env, family));
  SetProperty(env, object, "host", FromText(env, host));
  SetProperty(env, object, "port", FromInt(env, ntohs(port)));
  return object;
}

napi_value FromIpv4(napi_env env, const SocketAddress& address) {
  sockaddr_in internet;
  memcpy(&internet, &address.storage, sizeof internet);
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &internet.sin_addr, host, sizeof host);
  return FromHostAndPort(env, "ipv4", host, internet.sin_port);
}

napi_value FromIpv6(napi_env env, const SocketAddress& address) {
  sockaddr_in6 internet;
  memcpy(&internet, &address.storage, sizeof internet);
  char host[kHostBytes];
  inet_ntop(AF_INET6, &internet.sin6_addr, host, INET6_ADDRSTRLEN);
  if (internet.sin6_scope_id != 0) {
    char* zone = host + strlen(host);
    *zone++ = '%';
    // The interface may be gone; its number still says which one it was.
    if (if_indextoname(internet.sin6_scope_id, zone) == nullptr) {
      snprintf(zone, IF_NAMESIZE, "%u", static_cast<unsigned>(internet.sin6_scope_id));
    }
  }
  return FromHostAndPort(env, "ipv6", host, internet.sin6_port);
}

napi_value FromUnix(napi_env env, const SocketAddress& address) {
  const char* path = reinterpret_cast<const char*>(&address.storage) + kPathOffset;
  size_t length = address.length > kPathOffset ? address.length - kPathOffset : 0;
  // unix(7): an abstract name is all that the length says, a path ends with its NUL.
  const bool is_abstract = HasAbstractNames() && length > 0 && path[0] == '\0';
  if (!is_abstract) length = strnlen(path, length);
  napi_value text = nullptr;
  napi_value object = nullptr;
  napi_create_string_utf8(env, path, length, &text);
  napi_create_object(env, &object);
  SetProperty(env, object, "family", FromText(env, "unix"));
  SetProperty(env, object, "path", text);
  return object;
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

napi_value FromSocketAddress(napi_env env, const SocketAddress& address) {
  switch (address.storage.ss_family) {
    case AF_UNIX:
      return FromUnix(env, address);
    case AF_INET:
      return FromIpv4(env, address);
    case AF_INET6:
      return FromIpv6(env, address);
    default:
      return nullptr;
  }
}

}  // namespace pollux
