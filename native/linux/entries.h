// The entry that a registration has in the epoll set: what epoll_ctl(2) is told, and the user data that comes back with
// every record.
#pragma once

#include <errno.h>

#include <cstdint>

#include "../common/bits.h"
#include "../common/registry.h"
#include "../common/sys_error.h"

namespace pollux {

// Flag of a registration, beside those of bits.h and kRegistered. Each modify() flips it, so that a record from before
// the modify() is recognized.
constexpr uint32_t kParity = 1u << 16;

// User data of an entry: parity (1 bit), descriptor (31), interest (4), generation (28). The interest travels with the
// record, because the kernel may report for a new interest that the registry does not have yet.
struct Token {
  int fd;
  uint32_t interest;
  uint32_t generation;
  uint32_t parity;  // kParity or 0
};

constexpr uint64_t kWakerToken = UINT64_MAX;
constexpr int kParityShift = 15;

inline uint64_t Pack(const Token& token) {
  return static_cast<uint64_t>(token.generation) << 36 | static_cast<uint64_t>(token.interest & kAskable) << 32 |
         (token.parity << kParityShift) | static_cast<uint32_t>(token.fd);
}

inline Token Unpack(uint64_t data) {
  const auto low = static_cast<uint32_t>(data);
  return {static_cast<int>(low & INT32_MAX), static_cast<uint32_t>(data >> 32) & kAskable,
          static_cast<uint32_t>(data >> 36), (low >> kParityShift) & kParity};
}

// The events of epoll_ctl(2) for a registration with these flags.
uint32_t ToKernel(uint32_t flags);

// One epoll_ctl(2) for the entry of `registration`.
SysError Control(int epoll_fd, int operation, int fd, Registration registration);

// The descriptor of a registration was closed elsewhere. EPERM: the number now belongs to a file that cannot be polled.
inline bool IsGone(SysError error) { return error.code == EBADF || error.code == ENOENT || error.code == EPERM; }

// Whether the kernel has EPOLLEXCLUSIVE in the entry of a registration with these flags: a paused one has not.
inline bool IsExclusive(uint32_t flags) { return (flags & kExclusive) && (flags & kAskable) != 0; }

// The functions below want the registry's mutex held.

// Turns the entry of `from` into that of `to`, by EPOLL_CTL_DEL and EPOLL_CTL_ADD where one of them is exclusive.
// Guarantees: when it fails, the entry is that of `from`, or there is none and `*lost` is set.
SysError ReplaceEntry(int epoll_fd, int fd, Registration from, Registration to, bool* lost);

// Whether the kernel still has the exclusive entry of `now`: the error that says that it has not. Changes nothing that
// can be seen.
SysError ProbeExclusive(int epoll_fd, int fd, Registration now);

}  // namespace pollux
