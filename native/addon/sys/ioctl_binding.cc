// ioctl(2) on a copy of the caller's bytes: a request that writes more than the caller expects changes nothing outside
// the caller's view.
#include <string.h>
#include <sys/ioctl.h>

#include <cstdlib>

#include "../../common/request_bits.h"
#include "../../common/retry.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// Requests without size bits write structures that are shorter than this: the longest known is the font of a console
// (GIO_FONT, 8192 bytes). The size bits of a request are at most 16383.
constexpr size_t kGuardBytes = 16384;
constexpr size_t kUsualBytes = 2 * kGuardBytes;

napi_value FromRequest(napi_env env, Addon& addon, int result, int fd) {
  return FromTransfer(env, addon, result, "ioctl", fd);
}

// The argument of a request, and behind it zeros that the kernel may write over.
class RequestMemory {
 public:
  explicit RequestMemory(size_t size) : size_(size + kGuardBytes) {
    memory_ = size_ <= sizeof usual_ ? usual_ : static_cast<unsigned char*>(malloc(size_));
  }
  ~RequestMemory() {
    if (memory_ != usual_) free(memory_);
  }
  RequestMemory(const RequestMemory&) = delete;
  RequestMemory& operator=(const RequestMemory&) = delete;

  // nullptr: out of memory.
  unsigned char* data() const { return memory_; }
  void Fill(const Bytes& bytes) {
    if (bytes.length > 0) memcpy(memory_, bytes.data, bytes.length);
    memset(memory_ + bytes.length, 0, size_ - bytes.length);
  }

 private:
  alignas(16) unsigned char usual_[kUsualBytes];
  unsigned char* memory_;
  size_t size_;
};

// ioctl(fd, request, kind, number, bytes, 0, length): the kernel's result or kWouldBlock
napi_value Ioctl(napi_env env, napi_callback_info info) {
  Arguments<7> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const uint32_t request = arguments.Uint(1);
  if (static_cast<ArgumentKind>(arguments.Uint(2)) == ArgumentKind::kNumber) {
    const auto number = static_cast<long>(arguments.Number(3));
    return FromRequest(env, addon, RetryOnSignal([&] { return ioctl(fd, request, number); }), fd);
  }
  Bytes bytes;
  if (!ReadBytes(env, arguments, 4, &bytes) || RequestBytes(request) > bytes.length) {
    return ThrowSysError(env, addon, {EFAULT, "ioctl"}, fd);
  }
  RequestMemory memory(bytes.length);
  if (memory.data() == nullptr) return ThrowSysError(env, addon, {ENOMEM, "malloc"}, fd);
  const int result = RetryOnSignal([&] {
    memory.Fill(bytes);
    return ioctl(fd, request, memory.data());
  });
  const int code = errno;
  if (bytes.length > 0) memcpy(bytes.data, memory.data(), bytes.length);
  errno = code;
  return FromRequest(env, addon, result, fd);
}

// requestBytes(request): how many bytes of memory its number asks for; 0: it does not say
napi_value BytesOfRequest(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return FromNumber(env, static_cast<double>(RequestBytes(arguments.Uint(0))));
}

// requestOnlyReads(request): whether its number says that the kernel writes nothing
napi_value DoesRequestOnlyRead(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return FromBool(env, RequestOnlyReads(arguments.Uint(0)));
}

}  // namespace

void ExportIoctl(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"ioctl", Ioctl}, {"requestBytes", BytesOfRequest}, {"requestOnlyReads", DoesRequestOnlyRead}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
