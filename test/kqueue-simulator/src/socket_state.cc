#include "socket_state.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "filters.h"
#include "kernel_calls.h"
#include "shutdown_record.h"

namespace simulator {
namespace {

int Option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

bool TcpInfo(int fd, tcp_info* info) {
  if (Option(fd, SO_PROTOCOL) != IPPROTO_TCP) return false;
  socklen_t size = sizeof *info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0;
}

// tcpi_bytes_received (Linux 4.1, include/uapi/linux/tcp.h), which the structure of glibc ends before. -1: not known,
// or no TCP.
int64_t BytesReceived(int fd) {
  if (Option(fd, SO_PROTOCOL) != IPPROTO_TCP) return -1;
  constexpr size_t kOffset = 128;
  unsigned char info[kOffset + sizeof(int64_t)] = {};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) != 0 || size < sizeof info) return -1;
  int64_t bytes = -1;
  memcpy(&bytes, info + kOffset, sizeof bytes);
  return bytes;
}

// Reading SO_ERROR would clear it for the program under test, so the errno is inferred. A connection that has been up
// has measured a round-trip time; one that was refused has not.
int InferTcpError(const Personality& personality, const tcp_info& info) {
  if (info.tcpi_rtt != 0) return ECONNRESET;
  return personality.refusal_has_errno ? ECONNREFUSED : 0;
}

// TCP_INFO tells the state machine, which poll(2) does not: own SHUT_WR shows as a FIN state only.
void LookAtTcp(const Personality& personality, const tcp_info& info, short revents, SocketState* state) {
  const bool finished = info.tcpi_state == TCP_CLOSE && (revents & POLLRDHUP) != 0;
  switch (info.tcpi_state) {
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
      state->cannot_send = true;
      break;
    case TCP_CLOSE:
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
      state->connected = false;
      break;
    default:
      break;
  }
  if (finished) state->cannot_send = true;
  if (finished && state->has_error) state->error = InferTcpError(personality, info);
}

// Unix-domain sockets say POLLHUP when both directions are over. Own SHUT_WR and the peer's SHUT_RD leave the same
// state on Linux; the former is known from the record only.
void LookAtUnix(int fd, short revents, SocketState* state) {
  const int type = Option(fd, SO_TYPE);
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  const bool has_peer = getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  state->peer_closed_unix = (revents & POLLHUP) != 0 && (revents & POLLRDHUP) != 0;
  state->cannot_send = state->peer_closed_unix || WriteWasShutDown(fd);
  if (type != SOCK_DGRAM) state->connected = has_peer || state->cannot_send;
}

int64_t AddressSize(int fd) {
  const int domain = Option(fd, SO_DOMAIN);
  if (domain == AF_INET) return sizeof(sockaddr_in);
  return domain == AF_INET6 ? sizeof(sockaddr_in6) : 0;
}

// FIONREAD tells the size of the first datagram only. With SO_PEEK_OFF a peek can start behind those already counted.
// A peek would take a pending error, so it is not tried then.
int64_t WaitingDatagramBytes(const Personality& personality, int fd) {
  const int64_t overhead = personality.datagrams_count_address ? AddressSize(fd) : 0;
  if (Poll(fd, POLLIN | POLLERR) != POLLIN) return BytesReadable(fd);
  int before = -1;
  socklen_t before_size = sizeof before;
  getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, &before_size);
  int64_t total = 0;
  int offset = 0;
  int64_t size = 1;
  while (size > 0 && setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset) == 0) {
    size = PeekDatagram(fd);
    if (size < 0) break;
    total += size + overhead;
    offset += static_cast<int>(size);
  }
  setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof before);
  return total;
}

}  // namespace

SocketState LookAtSocket(const Personality& personality, int fd) {
  SocketState state = {};
  // Before the poll: bytes that come between the two are input then, or are not counted yet, so that their activity is
  // news.
  state.received = BytesReceived(fd);
  const short revents = Poll(fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP);
  state.listening = Option(fd, SO_ACCEPTCONN) != 0;
  state.connected = true;
  state.cannot_receive = (revents & POLLRDHUP) != 0;
  state.has_error = (revents & POLLERR) != 0;
  state.has_input = (revents & POLLIN) != 0;
  state.has_space = (revents & POLLOUT) != 0;
  state.at_urgent_mark = (revents & POLLPRI) != 0 || AskInt(fd, SIOCATMARK, 0) != 0;
  tcp_info info = {};
  if (TcpInfo(fd, &info)) {
    LookAtTcp(personality, info, revents, &state);
  } else if (Option(fd, SO_DOMAIN) == AF_UNIX) {
    LookAtUnix(fd, revents, &state);
  } else {
    state.cannot_send = (revents & POLLHUP) != 0;
  }
  return state;
}

int64_t Backlog(int fd) {
  tcp_info info = {};
  if (TcpInfo(fd, &info) && info.tcpi_unacked > 0) return info.tcpi_unacked;
  return (Poll(fd, POLLIN) & POLLIN) != 0;
}

int64_t ReceivableBytes(const Personality& personality, int fd) {
  return Option(fd, SO_TYPE) == SOCK_DGRAM ? WaitingDatagramBytes(personality, fd) : BytesReadable(fd);
}

int64_t SendSpace(int fd) {
  const int64_t space = Option(fd, SO_SNDBUF) - AskInt(fd, SIOCOUTQ, 0);
  return space > 0 ? space : 1;
}

}  // namespace simulator
