// The flags of recv(2) and send(2), numbered alike on every kernel.
#pragma once

#include <sys/socket.h>

#include <cstdint>

namespace pollux {

struct MessageFlag {
  const char* name;
  uint32_t bit;
  int kernel;  // 0: this kernel lacks it
};

#ifdef MSG_MORE
constexpr int kMore = MSG_MORE;
#else
constexpr int kMore = 0;
#endif

constexpr MessageFlag kMessageFlags[] = {
    {"MSG_PEEK", 0x01, MSG_PEEK},
    {"MSG_OOB", 0x02, MSG_OOB},
    {"MSG_TRUNC", 0x04, MSG_TRUNC},
    {"MSG_DONTWAIT", 0x08, MSG_DONTWAIT},
    {"MSG_DONTROUTE", 0x10, MSG_DONTROUTE},
    {"MSG_MORE", 0x20, kMore},
    {"MSG_EOR", 0x40, MSG_EOR},
};

// Where the kernel has no such flag, OpenSocket() (os_calls.h) sees to it.
#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

// The kernel's flags of `bits`; −1 when it lacks one of them.
inline int ToKernelFlags(uint32_t bits) {
  int flags = 0;
  if (bits == 0) return flags;
  for (const MessageFlag& flag : kMessageFlags) {
    if ((bits & flag.bit) == 0) continue;
    if (flag.kernel == 0) return -1;
    flags |= flag.kernel;
  }
  return flags;
}

}  // namespace pollux
