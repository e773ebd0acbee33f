// Socket options that ipv4 and ipv6 have under numbers of their own, and the membership of multicast groups.
#pragma once

#include <cstddef>

#include "socket_address.h"
#include "socket_options.h"
#include "sys_error.h"

namespace pollux {

// The option that JavaScript knows as `name`, for the family of the socket `fd`; FindOption() where it is the same for
// all. nullptr: this kernel lacks it, or the family does.
const SocketOption* FindOptionFor(int fd, const char* name);

// Does: joins the multicast `group` with `fd`, or leaves it, on an interface (0: the kernel's choice), for every
// `source` or, where it is nullptr, for one. Returns: ENOSYS where the kernel lacks it.
SysError ChangeMembership(int fd, bool joins, const SocketAddress& group, const SocketAddress* source,
                          unsigned interface_index);

// Does: has the socket `fd` receive only what the `count` instructions of classic BPF at `program`, of 8 bytes each,
// let through; 0 instructions: everything again. Returns: ENOSYS where the kernel lacks it.
SysError SetPacketFilter(int fd, const void* program, size_t count);

}  // namespace pollux
