#include "socket_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <initializer_list>

#include "os_calls.h"

namespace pollux {
namespace {

constexpr SocketOption kOptions[] = {
    {"acceptConnections", SOL_SOCKET, SO_ACCEPTCONN, OptionKind::kFlag},
    {"broadcast", SOL_SOCKET, SO_BROADCAST, OptionKind::kFlag},
    {"error", SOL_SOCKET, SO_ERROR, OptionKind::kNumber},
    {"ipv6Only", IPPROTO_IPV6, IPV6_V6ONLY, OptionKind::kFlag},
    {"keepAlive", SOL_SOCKET, SO_KEEPALIVE, OptionKind::kFlag},
    {"linger", SOL_SOCKET, SO_LINGER, OptionKind::kLinger},
    {"noDelay", IPPROTO_TCP, TCP_NODELAY, OptionKind::kFlag},
    {"outOfBandInline", SOL_SOCKET, SO_OOBINLINE, OptionKind::kFlag},
    {"receiveBuffer", SOL_SOCKET, SO_RCVBUF, OptionKind::kNumber},
    {"receiveLowWater", SOL_SOCKET, SO_RCVLOWAT, OptionKind::kNumber},
    {"reuseAddress", SOL_SOCKET, SO_REUSEADDR, OptionKind::kFlag},
    {"reusePort", SOL_SOCKET, SO_REUSEPORT, OptionKind::kFlag},
    {"sendBuffer", SOL_SOCKET, SO_SNDBUF, OptionKind::kNumber},
    {"type", SOL_SOCKET, SO_TYPE, OptionKind::kSocketType},
};

}  // namespace

const SocketOption* FindOption(const char* name) {
  const SocketOptionList common = {kOptions, sizeof kOptions / sizeof kOptions[0]};
  for (const SocketOptionList& list : {common, OsOptions()}) {
    for (size_t i = 0; i < list.count; i++) {
      if (strcmp(list.first[i].name, name) == 0) return &list.first[i];
    }
  }
  return nullptr;
}

SysError GetOption(int fd, const SocketOption& option, int* value) {
  if (option.kind == OptionKind::kLinger) {
    linger state = {};
    socklen_t size = sizeof state;
    if (getsockopt(fd, option.level, option.option, &state, &size) < 0) return {errno, "getsockopt"};
    *value = state.l_onoff != 0 ? state.l_linger : -1;
    return {};
  }
  int number = 0;
  socklen_t size = sizeof number;
  if (getsockopt(fd, option.level, option.option, &number, &size) < 0) return {errno, "getsockopt"};
  // A flag is 1 on Linux and the option's own bit on the BSDs.
  *value = option.kind == OptionKind::kFlag ? (number != 0) : number;
  return {};
}

SysError SetOption(int fd, const SocketOption& option, int value) {
  const linger state = {value >= 0, value >= 0 ? value : 0};
  const bool is_linger = option.kind == OptionKind::kLinger;
  const void* data = is_linger ? static_cast<const void*>(&state) : &value;
  const socklen_t size = is_linger ? sizeof state : sizeof value;
  if (setsockopt(fd, option.level, option.option, data, size) < 0) return {errno, "setsockopt"};
  return {};
}

}  // namespace pollux
