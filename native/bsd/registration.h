// What a registration knows of its descriptor: the bits that this backend keeps in its flags, beside those of bits.h
// and kRegistered, and the user data of its knotes.
#pragma once

#include <cstdint>

#include "../common/bits.h"
#include "../common/registry.h"
#include "../common/sys_error.h"

namespace pollux {

// A oneshot registration that has fired.
constexpr uint32_t kDisarmed = 1u << 16;

// What the descriptor is: a socket has two directions that end separately, a device (terminal) has
// two that end together; everything else (pipe, FIFO, kqueue) is one-way, and open for one direction
// or, as both ends of a pipe on FreeBSD, for both.
constexpr uint32_t kSocket = 1u << 17;
constexpr uint32_t kDevice = 1u << 18;
constexpr uint32_t kReadOnly = 1u << 19;
constexpr uint32_t kWriteOnly = 1u << 20;
// A socket whose errors end neither direction.
constexpr uint32_t kDatagram = 1u << 15;
constexpr uint32_t kKinds = kSocket | kDevice | kReadOnly | kWriteOnly | kDatagram;

inline bool IsOneWay(uint32_t flags) { return (flags & (kSocket | kDevice)) == 0; }

// Whether this is the write end of a pipe. Where the descriptor is open for both directions, the interest decides.
inline bool IsWriteEnd(uint32_t flags) {
  if (flags & (kReadOnly | kWriteOnly)) return (flags & kWriteOnly) != 0;
  return IsOneWay(flags) && (flags & (kReadable | kWritable)) == kWritable;
}

// Counts the sets of knotes that the registration has had: each modify() makes a new one. Records
// of a former set, on their way in another thread, are recognized by it.
constexpr int kSerialShift = 21;
constexpr uint32_t kSerialMask = 0x3ffu << kSerialShift;

inline uint32_t NextSerial(uint32_t flags) { return (flags + (1u << kSerialShift)) & kSerialMask; }

// User data of the knotes: generation and serial, of which only the low four bits fit where a pointer has 32 bits.
// Never 0, because no generation is 0.
inline uintptr_t TokenOf(Registration registration) {
  const uint64_t serial = (registration.flags & kSerialMask) >> kSerialShift;
  return static_cast<uintptr_t>(serial << 28 | registration.generation);
}

// Finds out the kind of `fd` (kKinds). Returns: EBADF; EPERM for what epoll
// refuses, so that a program meets it on every system: files, directories, disks, and devices that
// are always ready.
SysError FindKindBits(int fd, uint32_t* kind);

}  // namespace pollux
