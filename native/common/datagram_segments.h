// Many datagrams of one size in one call: generic segmentation and receive offload of UDP.
#pragma once

#include <cstddef>

#include "socket_address.h"
#include "sys_error.h"

namespace pollux {

// Does: sends `length` bytes as datagrams of `segment` bytes each, the last perhaps shorter, to `address`, or where
// `fd` is connected to. The kernel cuts, where it can and `fd` is a UDP socket: `*most_segments` or fewer in a system
// call, and with 1 none. Where the kernel takes fewer, `*most_segments` becomes what it has taken.
// Guarantees: the same datagrams in the same order either way; what was sent is counted, also where a later datagram
// failed. Returns: the error of the first datagram, or, with everything sent, one that earlier datagrams have caused.
SysError SendSegments(int fd, const void* data, size_t length, size_t segment, const SocketAddress* address,
                      size_t* most_segments, size_t* sent);

struct ReceivedSegments {
  size_t length;
  size_t segment;
  bool is_truncated;
  SocketAddress sender;
};

// The UDP socket that was last received from, whose datagrams the kernel joins: it is asked to again only now and then,
// as each time costs a third of a call. The memory of one thread.
struct JoiningSocket {
  int fd;              // −1: none
  unsigned unchecked;  // calls since the kernel has shown that the number is of such a socket
};

// Does: receives one datagram, or with `joining`, where the kernel can and `fd` is a UDP socket, several of one sender
// and size, the last perhaps shorter. Guarantees: no descriptor that comes with a message stays open.
SysError ReceiveSegments(int fd, void* data, size_t length, JoiningSocket* joining, ReceivedSegments* received);

}  // namespace pollux
