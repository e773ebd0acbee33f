// What the number of a request of ioctl(2) says about its argument: how many bytes there are, and who reads them.
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace pollux {

#ifndef IOCPARM_LEN
// The units of the fields for the size and the direction. C libraries have only _IOC() in common, and where the fields
// begin differs between processors.
constexpr uint32_t kSizeUnit = static_cast<uint32_t>(_IOC(0, 0, 0, 1));
constexpr uint32_t kDirectionUnit = static_cast<uint32_t>(_IOC(1u, 0, 0, 0));
#endif

// The bytes of memory that the kernel reads or writes; 0: the number says nothing (TCGETS, SIOCGIFCONF, …), or there is
// no argument in memory.
inline size_t RequestBytes(uint32_t request) {
#ifdef IOCPARM_LEN
  return (request & (IOC_IN | IOC_OUT)) == 0 ? 0 : IOCPARM_LEN(request);
#else
  return request / kDirectionUnit == _IOC_NONE ? 0 : request % kDirectionUnit / kSizeUnit;
#endif
}

// True where the number says that the kernel only reads.
inline bool RequestOnlyReads(uint32_t request) {
#ifdef IOCPARM_LEN
  return (request & (IOC_IN | IOC_OUT)) == IOC_IN;
#else
  return request / kDirectionUnit == _IOC_WRITE;
#endif
}

}  // namespace pollux
