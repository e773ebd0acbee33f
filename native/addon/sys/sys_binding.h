// What the bindings of pollux/sys share: their results and the memory that they work on.
//
// Arguments were checked in TypeScript. Memory is checked again, because a view may have become shorter since then: the
// call fails with EFAULT if so.
#pragma once

#include <errno.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "../js.h"

namespace pollux {

// Results of pollux/sys that the kernel does not have.
constexpr int kWouldBlock = -1;
constexpr int kNotSupported = -2;  // the kernel lacks it
constexpr int kNotNumeric = -3;    // the host is not a numeric address
constexpr int kSourceNotNumeric = -5;

// Socket types and directions as pollux numbers them, alike on every kernel.
enum class SocketType : int32_t { kStream, kDatagram, kSequencedPacket };
enum class Direction : int32_t { kRead, kWrite, kBoth };

// The argument of ioctl(2): a number by value, or memory.
enum class ArgumentKind : uint32_t { kNumber, kBytes };

// The states of a lock that a caller asks for.
enum class LockState : uint32_t { kUnlocked, kShared, kExclusive };

// No kernel moves more bytes in one call (read(2): 0x7ffff000), and this count fits an int32.
constexpr size_t kMostBytes = 0x7ffff000;

struct Bytes {
  void* data;
  size_t length;
};

// The bytes that (Uint8Array, offset, length) at `first` name; false when they are not all inside.
template <size_t kMost>
bool ReadBytes(napi_env env, const Arguments<kMost>& arguments, size_t first, Bytes* bytes) {
  void* data = nullptr;
  size_t size = 0;
  int64_t offset = 0;
  int64_t length = 0;
  if (napi_get_typedarray_info(env, arguments.Value(first), nullptr, &size, &data, nullptr, nullptr) != napi_ok) {
    return false;
  }
  napi_get_value_int64(env, arguments.Value(first + 1), &offset);
  napi_get_value_int64(env, arguments.Value(first + 2), &length);
  const auto available = static_cast<int64_t>(size);
  if (offset < 0 || length < 0 || length > available - offset) return false;
  const auto wanted = static_cast<size_t>(length);
  *bytes = {static_cast<char*>(data) + offset, wanted < kMostBytes ? wanted : kMostBytes};
  return true;
}

// The path at `index`: bytes that end with a NUL.
template <size_t kMost>
const char* ReadPath(napi_env env, const Arguments<kMost>& arguments, size_t index) {
  void* path = nullptr;
  napi_get_typedarray_info(env, arguments.Value(index), nullptr, nullptr, &path, nullptr, nullptr);
  return static_cast<const char*>(path);
}

inline bool IsWouldBlock(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

// What a call that can block returns to JavaScript; −1 in `result` leaves the reason in errno.
inline napi_value FromTransfer(napi_env env, Addon& addon, ssize_t result, const char* syscall, int fd) {
  if (result >= 0) return FromInt(env, static_cast<int32_t>(result));
  if (IsWouldBlock(errno)) return FromInt(env, kWouldBlock);
  return ThrowSysError(env, addon, {errno, syscall}, fd);
}

// What a call without a result returns to JavaScript.
inline napi_value FromOutcome(napi_env env, Addon& addon, SysError error, int fd) {
  return error ? ThrowSysError(env, addon, error, fd) : nullptr;
}

// [first, second]
inline napi_value FromPair(napi_env env, const int (&fds)[2]) {
  napi_value pair = nullptr;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, FromInt(env, fds[0]));
  napi_set_element(env, pair, 1, FromInt(env, fds[1]));
  return pair;
}

void ExportStreams(napi_env env, napi_value sys, Addon* addon);
void ExportDatagrams(napi_env env, napi_value sys, Addon* addon);
void ExportSockets(napi_env env, napi_value sys, Addon* addon);
void ExportSocketOptions(napi_env env, napi_value sys, Addon* addon);
void ExportDescriptors(napi_env env, napi_value sys, Addon* addon);
void ExportZeroCopy(napi_env env, napi_value sys, Addon* addon);
void ExportTerminals(napi_env env, napi_value sys, Addon* addon);
void ExportMessages(napi_env env, napi_value sys, Addon* addon);
void ExportIoctl(napi_env env, napi_value sys, Addon* addon);
void ExportLocks(napi_env env, napi_value sys, Addon* addon);
void ExportSegments(napi_env env, napi_value sys, Addon* addon);
void ExportRawOptions(napi_env env, napi_value sys, Addon* addon);
void ExportTerminalSettings(napi_env env, napi_value sys, Addon* addon);
void ExportSources(napi_env env, napi_value sys, Addon* addon);
void ExportSubmissions(napi_env env, napi_value sys, Addon* addon);
void ExportInotify(napi_env env, napi_value sys, Addon* addon);
void ExportNames(napi_env env, napi_value sys, Addon* addon);

}  // namespace pollux
