#include "internet_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

namespace pollux {
namespace {

constexpr SocketOption kIpv4Options[] = {
#ifdef IP_FREEBIND
    {"freeBind", IPPROTO_IP, IP_FREEBIND, OptionKind::kFlag},
#endif
    {"multicastInterface", IPPROTO_IP, IP_MULTICAST_IF, OptionKind::kNumber},
    {"multicastLoop", IPPROTO_IP, IP_MULTICAST_LOOP, OptionKind::kFlag},
    {"multicastTtl", IPPROTO_IP, IP_MULTICAST_TTL, OptionKind::kNumber},
#ifdef IP_PKTINFO
    {"packetInfo", IPPROTO_IP, IP_PKTINFO, OptionKind::kFlag},
#endif
    {"tos", IPPROTO_IP, IP_TOS, OptionKind::kNumber},
    {"ttl", IPPROTO_IP, IP_TTL, OptionKind::kNumber},
};

constexpr SocketOption kIpv6Options[] = {
#ifdef IPV6_FREEBIND
    {"freeBind", IPPROTO_IPV6, IPV6_FREEBIND, OptionKind::kFlag},
#elif defined(IP_FREEBIND)
    {"freeBind", IPPROTO_IP, IP_FREEBIND, OptionKind::kFlag},
#endif
    {"multicastInterface", IPPROTO_IPV6, IPV6_MULTICAST_IF, OptionKind::kNumber},
    {"multicastLoop", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, OptionKind::kFlag},
    {"multicastTtl", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, OptionKind::kNumber},
#ifdef IPV6_RECVPKTINFO
    {"packetInfo", IPPROTO_IPV6, IPV6_RECVPKTINFO, OptionKind::kFlag},
#endif
#ifdef IPV6_TCLASS
    {"tos", IPPROTO_IPV6, IPV6_TCLASS, OptionKind::kNumber},
#endif
    {"ttl", IPPROTO_IPV6, IPV6_UNICAST_HOPS, OptionKind::kNumber},
};

// Whether a table of one family has this name: such an option is not searched for among those of all sockets.
bool IsOfFamily(const char* name) {
  constexpr const char* kNames[] = {
      "freeBind", "multicastInterface", "multicastLoop", "multicastTtl", "packetInfo", "tos", "ttl"};
  for (const char* known : kNames) {
    if (strcmp(known, name) == 0) return true;
  }
  return false;
}

template <size_t kCount>
const SocketOption* FindIn(const SocketOption (&options)[kCount], const char* name) {
  for (const SocketOption& option : options) {
    if (strcmp(option.name, name) == 0) return &option;
  }
  return nullptr;
}

int DomainOfSocket(int fd) {
  SocketAddress own = {};
  own.length = sizeof own.storage;
  return getsockname(fd, own.raw(), &own.length) == 0 ? own.storage.ss_family : AF_UNSPEC;
}

}  // namespace

const SocketOption* FindOptionFor(int fd, const char* name) {
  if (!IsOfFamily(name)) return FindOption(name);
  // A number that is no socket gets its error from the call for the option.
  return DomainOfSocket(fd) == AF_INET6 ? FindIn(kIpv6Options, name) : FindIn(kIpv4Options, name);
}

// ip(7), ipv6(7), RFC 3678. The requests of the RFC name the interface by number, for both families.
SysError ChangeMembership([[maybe_unused]] int fd, [[maybe_unused]] bool joins,
                          [[maybe_unused]] const SocketAddress& group, [[maybe_unused]] const SocketAddress* source,
                          [[maybe_unused]] unsigned interface_index) {
#ifdef MCAST_JOIN_SOURCE_GROUP
  const int level = group.storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  int result = 0;
  if (source == nullptr) {
    group_req request = {};
    request.gr_interface = interface_index;
    memcpy(&request.gr_group, &group.storage, sizeof request.gr_group);
    result = setsockopt(fd, level, joins ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request);
  } else {
    group_source_req request = {};
    request.gsr_interface = interface_index;
    memcpy(&request.gsr_group, &group.storage, sizeof request.gsr_group);
    memcpy(&request.gsr_source, &source->storage, sizeof request.gsr_source);
    result =
        setsockopt(fd, level, joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &request, sizeof request);
  }
  if (result < 0) return {errno, "setsockopt"};
  return {};
#else
  return {ENOSYS, "setsockopt"};
#endif
}

SysError SetPacketFilter([[maybe_unused]] int fd, [[maybe_unused]] const void* program, [[maybe_unused]] size_t count) {
#if defined(SO_ATTACH_FILTER) && defined(SO_DETACH_FILTER)
  // struct sock_fprog of linux/filter.h, which only the kernel's headers declare.
  struct {
    unsigned short count;
    const void* program;
  } filter = {static_cast<unsigned short>(count), program};
  const int detached = 0;
  const int result = count == 0 ? setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &detached, sizeof detached)
                                : setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
  // socket(7): ENOENT says that there is no filter to take away.
  if (result < 0 && !(count == 0 && errno == ENOENT)) return {errno, "setsockopt"};
  return {};
#else
  return {ENOSYS, "setsockopt"};
#endif
}

}  // namespace pollux
