// What the number of a request of ioctl(2) says about its argument: how many bytes there are, and who reads them.
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace pollux {

// The bytes of memory that the kernel reads or writes; 0: the number says nothing (TCGETS, SIOCGIFCONF, …), or there is
// no argument in memory.
inline size_t RequestBytes(uint32_t request) {
#if defined(_IOC_SIZE)
  return _IOC_DIR(request) == _IOC_NONE ? 0 : _IOC_SIZE(request);
#else
  return (request & (IOC_IN | IOC_OUT)) == 0 ? 0 : IOCPARM_LEN(request);
#endif
}

// True where the number says that the kernel only reads.
inline bool RequestOnlyReads(uint32_t request) {
#if defined(_IOC_SIZE)
  return _IOC_DIR(request) == _IOC_WRITE;
#else
  return (request & (IOC_IN | IOC_OUT)) == IOC_IN;
#endif
}

}  // namespace pollux
