// Sockets: creating, binding, connecting, accepting, shutting down.
#include <sys/socket.h>

#include "../../common/os_calls.h"
#include "../../common/retry.h"
#include "../addon.h"
#include "addresses.h"
#include "sys_binding.h"

namespace pollux {
namespace {

int ToKernelType(int32_t type) {
  switch (static_cast<SocketType>(type)) {
    case SocketType::kStream:
      return SOCK_STREAM;
    case SocketType::kDatagram:
      return SOCK_DGRAM;
    case SocketType::kSequencedPacket:
      return SOCK_SEQPACKET;
    default:
      return -1;
  }
}

int ToKernelDirection(int32_t direction) {
  switch (static_cast<Direction>(direction)) {
    case Direction::kRead:
      return SHUT_RD;
    case Direction::kWrite:
      return SHUT_WR;
    case Direction::kBoth:
      return SHUT_RDWR;
    default:
      return -1;
  }
}

// socket(family, type): fd
napi_value MakeSocket(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int domain = DomainOf(static_cast<Family>(arguments.Int(0)));
  int fd = -1;
  const SysError error = OpenSocket(domain, ToKernelType(arguments.Int(1)), 0, &fd);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromInt(env, fd);
}

// socketByNumber(domain, type, protocol): fd
napi_value MakeSocketByNumber(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  int fd = -1;
  const SysError error = OpenSocket(arguments.Int(0), arguments.Int(1), arguments.Int(2), &fd);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromInt(env, fd);
}

// ownSocket(family): a stream socket that is closed with the environment, unless disown(fd) or a
// poller's own() comes first
napi_value MakeOwnSocket(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int domain = DomainOf(static_cast<Family>(arguments.Int(0)));
  int fd = -1;
  const SysError error = OpenSocket(domain, SOCK_STREAM, 0, &fd);
  if (error) return ThrowSysError(env, arguments.addon(), error, -1);
  arguments.addon().owned.OwnSocket(fd);
  return FromInt(env, fd);
}

// disown(fd)
napi_value Disown(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  arguments.addon().owned.Disown(arguments.Int(0));
  return nullptr;
}

// socketPair(type): [fd, fd]
napi_value MakeSocketPair(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fds[2] = {-1, -1};
  const SysError error = OpenSocketPair(ToKernelType(arguments.Int(0)), fds);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromPair(env, fds);
}

// bind(fd, family, text, port): 0 or kNotNumeric
napi_value Bind(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const int fd = arguments.Int(0);
  SocketAddress address;
  napi_value failure = nullptr;
  if (!ReadAddress(env, arguments, 1, fd, &address, &failure)) return failure;
  if (bind(fd, address.raw(), address.length) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "bind"}, fd);
  }
  return FromInt(env, 0);
}

// listen(fd, backlog)
napi_value Listen(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  if (listen(fd, arguments.Int(1)) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "listen"}, fd);
  }
  return nullptr;
}

// accept(fd): fd or kWouldBlock
napi_value Accept(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int connection = -1;
  const SysError error = AcceptConnection(fd, &connection);
  if (!error) return FromInt(env, connection);
  if (IsWouldBlock(error.code)) return FromInt(env, kWouldBlock);
  return ThrowSysError(env, arguments.addon(), error, fd);
}

// connect(fd, family, text, port): 0, kWouldBlock or kNotNumeric
napi_value ConnectSocket(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  const int fd = arguments.Int(0);
  SocketAddress address;
  napi_value failure = nullptr;
  if (!ReadAddress(env, arguments, 1, fd, &address, &failure)) return failure;
  const bool is_unix = address.storage.ss_family == AF_UNIX;
  while (connect(fd, address.raw(), address.length) < 0) {
    // connect(2) on EINTR: a TCP connect continues in the kernel. A connect of a unix socket has not begun: repeat it.
    if (errno == EINTR && is_unix) continue;
    if (errno == EINPROGRESS || errno == EINTR) return FromInt(env, kWouldBlock);
    // EAGAIN: the backlog of a unix socket is full. This error is thrown, because no connect is under way whose end a
    // poller could report.
    return ThrowSysError(env, arguments.addon(), {errno, "connect"}, fd);
  }
  return FromInt(env, 0);
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

napi_value AddressFrom(napi_env env, napi_callback_info info, NameCall call, const char* syscall) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  SocketAddress address = {};
  address.length = sizeof address.storage;
  if (call(fd, address.raw(), &address.length) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, syscall}, fd);
  }
  return FromSocketAddress(env, address);
}

// localAddress(fd): address
napi_value LocalAddress(napi_env env, napi_callback_info info) {
  return AddressFrom(env, info, getsockname, "getsockname");
}

// peerAddress(fd): address
napi_value PeerAddress(napi_env env, napi_callback_info info) {
  return AddressFrom(env, info, getpeername, "getpeername");
}

// shutdown(fd, direction)
napi_value Shutdown(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  if (shutdown(fd, ToKernelDirection(arguments.Int(1))) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "shutdown"}, fd);
  }
  return nullptr;
}

}  // namespace

void ExportSockets(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"socket", MakeSocket},
      {"socketByNumber", MakeSocketByNumber},
      {"socketPair", MakeSocketPair},
      {"ownSocket", MakeOwnSocket},
      {"disown", Disown},
      {"bind", Bind},
      {"listen", Listen},
      {"accept", Accept},
      {"connect", ConnectSocket},
      {"localAddress", LocalAddress},
      {"peerAddress", PeerAddress},
      {"shutdown", Shutdown},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
