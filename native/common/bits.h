// The bits of interest, readiness and trigger mode.
#pragma once

#include <cstdint>

namespace pollux {

constexpr uint32_t kReadable = 0x01;
constexpr uint32_t kWritable = 0x02;
constexpr uint32_t kPriority = 0x04;
constexpr uint32_t kReadClosed = 0x08;
constexpr uint32_t kHangup = 0x10;
constexpr uint32_t kError = 0x20;

constexpr uint32_t kEdge = 0x100;
constexpr uint32_t kOneshot = 0x200;
constexpr uint32_t kExclusive = 0x400;

// What a caller may ask to hear about; hangup and error are reported without being asked for.
constexpr uint32_t kAskable = kReadable | kWritable | kPriority | kReadClosed;

// The readiness that a registration may report whose interest has these of the bits of kAskable; at least one.
constexpr uint32_t Reportable(uint32_t asked) {
  return asked | (asked & kReadable ? kReadClosed : 0) | kHangup | kError;
}

}  // namespace pollux
