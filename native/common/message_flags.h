// The flags of recv(2) and send(2), numbered alike on every kernel. src/sys/message-flags.ts has the
// same list.
#pragma once

#include <sys/socket.h>

#include <cstdint>

namespace pollux {

struct MessageFlag {
  uint32_t bit;
  int kernel;  // 0: this kernel lacks it
};

constexpr MessageFlag kMessageFlags[] = {
    {0x01, MSG_PEEK}, {0x02, MSG_OOB}, {0x04, MSG_TRUNC}, {0x08, MSG_DONTWAIT}, {0x10, MSG_DONTROUTE},
#ifdef MSG_MORE
    {0x20, MSG_MORE},
#else
    {0x20, 0},
#endif
    {0x40, MSG_EOR},
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
