#include "datagram_segments.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "control_messages.h"
#include "message_flags.h"
#include "retry.h"

namespace pollux {
namespace {

// udp(7): UDP_SEGMENT and UDP_GRO, since Linux 4.18 and 5.0. Headers may be older than the kernel that runs.
#ifdef UDP_CORK
constexpr bool kHeadersHaveOffload = true;
constexpr int kSegmentOption = 103;
constexpr int kCoalesceOption = 104;
#else
constexpr bool kHeadersHaveOffload = false;
constexpr int kSegmentOption = 0;
constexpr int kCoalesceOption = 0;
#endif

// include/linux/udp.h: UDP_MAX_SEGMENTS is 64, and 128 since Linux 6.9; more are EINVAL.
constexpr size_t kEverySegments = 64;
// How often a call relies on what an earlier one found out about a number, which may be of another socket by now.
constexpr unsigned kMostUnchecked = 16;
// What one call may carry: a packet's length has 16 bits, and the headers take up to 48 bytes of them.
constexpr size_t kMostPacketBytes = 65487;

// Kernels and families that do not know the control message ignore it, and would send one long datagram. A socket that
// has the option knows the message.
bool CanSegment(int fd) {
  int size = 0;
  socklen_t length = sizeof size;
  return kHeadersHaveOffload && getsockopt(fd, IPPROTO_UDP, kSegmentOption, &size, &length) == 0;
}

bool CanCoalesce(int fd) {
  const int on = 1;
  return kHeadersHaveOffload && setsockopt(fd, IPPROTO_UDP, kCoalesceOption, &on, sizeof on) == 0;
}

// Makes the kernel join what arrives at `fd`, where it can.
void Check(int fd, JoiningSocket* joining) { *joining = {CanCoalesce(fd) ? fd : -1, 0}; }

// What the kernel says where it cannot cut for this socket: no checksum by the device (EIO), a segment that is longer
// than the path takes, no checksum wanted (EINVAL). Each datagram alone may still go.
bool IsForOneByOne(int code) { return code == EINVAL || code == EIO || code == EMSGSIZE || code == EOPNOTSUPP; }

ssize_t SendOnce(int fd, const void* data, size_t length, const SocketAddress* address, size_t segment) {
  iovec part = {const_cast<void*>(data), length};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (address != nullptr) {
    message.msg_name = const_cast<sockaddr*>(address->raw());
    message.msg_namelen = address->length;
  }
  alignas(cmsghdr) unsigned char control[64];
  if (segment > 0) {
    const auto size = static_cast<uint16_t>(segment);
    ControlWriter writer(control, sizeof control);
    writer.Put(IPPROTO_UDP, kSegmentOption, &size, sizeof size);
    message.msg_control = control;
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(writer.length());
  }
  return RetryOnSignal([&] { return sendmsg(fd, &message, kNoSignal); });
}

}  // namespace

SysError SendSegments(int fd, const void* data, size_t length, size_t segment, const SocketAddress* address,
                      size_t* most_segments, size_t* sent) {
  const char* bytes = static_cast<const char*>(data);
  const size_t fitting = kMostPacketBytes / segment;
  size_t most = fitting < *most_segments ? fitting : *most_segments;
  if (most < 2 || length <= segment || !CanSegment(fd)) most = 1;
  bool were_too_many = false;
  SysError pending;
  size_t failed_at = 0;
  for (*sent = 0; *sent < length;) {
    const size_t rest = length - *sent;
    const size_t now = rest < most * segment ? rest : most * segment;
    const bool is_cut = now > segment;
    const ssize_t count = SendOnce(fd, bytes + *sent, now, address, is_cut ? segment : 0);
    if (count >= 0) {
      *sent += static_cast<size_t>(count);
      if (were_too_many && is_cut) *most_segments = most;
      were_too_many = false;
    } else if (is_cut && errno == EINVAL && now > kEverySegments * segment) {
      most = most / 2 > kEverySegments ? most / 2 : kEverySegments;
      were_too_many = true;
    } else if (is_cut && IsForOneByOne(errno)) {
      most = 1;
    } else if (*sent == 0) {
      return {errno, "sendmsg"};
    } else if (errno == EAGAIN || failed_at == *sent) {
      return {};
    } else {
      // A socket reports the fate of an earlier datagram (ECONNREFUSED) once, in place of sending the next one.
      pending = {errno, "sendmsg"};
      failed_at = *sent;
    }
  }
  return pending;
}

SysError ReceiveSegments(int fd, void* data, size_t length, JoiningSocket* joining, ReceivedSegments* received) {
  const bool is_known = joining != nullptr && joining->fd == fd && joining->unchecked < kMostUnchecked;
  if (joining != nullptr && !is_known) Check(fd, joining);
  const bool joins = joining != nullptr && joining->fd == fd;
  iovec part = {data, length};
  msghdr message = {};
  message.msg_name = received->sender.raw();
  message.msg_namelen = sizeof received->sender.storage;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) unsigned char control[512];
  // A UDP socket brings no descriptors; another kind of socket gets no room for them.
  if (joins) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  const ssize_t count = RetryOnSignal([&] { return recvmsg(fd, &message, joins ? CloseOnExecFlag() : 0); });
  if (count < 0) {
    const int code = errno;
    if (is_known) Check(fd, joining);
    return {code, "recvmsg"};
  }
  received->length = static_cast<size_t>(count);
  received->segment = received->length;
  received->is_truncated = (message.msg_flags & MSG_TRUNC) != 0;
  received->sender.length = message.msg_namelen;
  if (!joins) return {};
  joining->unchecked++;
  ControlReader reader(control, message.msg_controllen);
  for (ControlMessage found; reader.Next(&found);) {
    int size = 0;
    if (found.level != IPPROTO_UDP || found.type != kCoalesceOption || found.length < sizeof size) continue;
    memcpy(&size, found.data, sizeof size);
    if (size > 0) received->segment = static_cast<size_t>(size);
    joining->unchecked = 0;
  }
  // Of a unix socket that has the number of a UDP socket by now.
  CloseDescriptors(control, message.msg_controllen);
  return {};
}

}  // namespace pollux
