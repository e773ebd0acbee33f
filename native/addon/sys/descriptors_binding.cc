// What every descriptor has: a life, flags, a kind. And pipes.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../common/os_calls.h"
#include "../../common/retry.h"
#include "../addon.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// open(path, flags): fd
napi_value OpenPath(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const char* path = ReadPath(env, arguments, 0);
  const int flags = arguments.Int(1) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  const int fd = RetryOnSignal([&] { return open(path, flags, 0666); });
  return fd < 0 ? ThrowSysError(env, arguments.addon(), {errno, "open"}, -1) : FromInt(env, fd);
}

// close(fd)
napi_value CloseDescriptor(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  arguments.addon().owned.Disown(fd);
  // close(2): after EINTR the descriptor is closed, and its number may be somebody else's already.
  if (close(fd) == 0 || errno == EINTR) return nullptr;
  return ThrowSysError(env, arguments.addon(), {errno, "close"}, fd);
}

// dup(fd): fd
napi_value Duplicate(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  // A sandbox that knows commands by number may not know this one.
  if (copy < 0 && (errno == EPERM || errno == ENOSYS || errno == EINVAL)) {
    copy = fcntl(fd, F_DUPFD, 0);
    if (copy >= 0 && fcntl(copy, F_SETFD, FD_CLOEXEC) < 0) {
      const SysError error = {errno, "fcntl"};
      close(copy);
      return ThrowSysError(env, arguments.addon(), error, fd);
    }
  }
  return copy < 0 ? ThrowSysError(env, arguments.addon(), {errno, "fcntl"}, fd) : FromInt(env, copy);
}

// pipe(): [fd to read, fd to write]
napi_value MakePipe(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fds[2] = {-1, -1};
  const SysError error = OpenPipe(fds);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromPair(env, fds);
}

// setNonBlocking(fd, on)
napi_value SetNonBlocking(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  bool on = false;
  napi_get_value_bool(env, arguments.Value(1), &on);
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return ThrowSysError(env, arguments.addon(), {errno, "fcntl"}, fd);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "fcntl"}, fd);
  }
  return nullptr;
}

// isNonBlocking(fd): boolean
napi_value IsNonBlocking(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return ThrowSysError(env, arguments.addon(), {errno, "fcntl"}, fd);
  return FromBool(env, (flags & O_NONBLOCK) != 0);
}

// accessMode(fd): 'read', 'write' or 'read-write'
napi_value AccessMode(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return ThrowSysError(env, arguments.addon(), {errno, "fcntl"}, fd);
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return FromText(env, "read");
    case O_WRONLY:
      return FromText(env, "write");
    default:
      return FromText(env, "read-write");
  }
}

// bytesReadable(fd): count
napi_value BytesReadable(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int count = 0;
  if (RetryOnSignal([&] { return ioctl(fd, FIONREAD, &count); }) < 0) {
    return ThrowSysError(env, arguments.addon(), {errno, "ioctl"}, fd);
  }
  // The kernel counts in an int; what a long file has left wraps around.
  if (count < 0) return ThrowSysError(env, arguments.addon(), {EOVERFLOW, "ioctl"}, fd);
  return FromInt(env, count);
}

const char* KindName(FileKind kind) {
  switch (kind) {
    case FileKind::kRegularFile:
      return "regular-file";
    case FileKind::kDirectory:
      return "directory";
    case FileKind::kPipe:
      return "pipe";
    case FileKind::kSocket:
      return "socket";
    case FileKind::kTerminal:
      return "terminal";
    case FileKind::kCharacterDevice:
      return "character-device";
    case FileKind::kBlockDevice:
      return "block-device";
    case FileKind::kSymbolicLink:
      return "symbolic-link";
    default:
      return "kernel-object";
  }
}

const char* PollabilityName(Pollability pollability) {
  switch (pollability) {
    case Pollability::kPollable:
      return "pollable";
    case Pollability::kAlwaysReady:
      return "always-ready";
    default:
      return "unsupported";
  }
}

// kindOf(fd): the kind of classify(), and nothing else is asked
napi_value KindOfDescriptor(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  FileKind kind = FileKind::kKernelObject;
  const SysError error = FindKind(fd, &kind);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromText(env, KindName(kind));
}

// classify(fd): { readiness, kind }
napi_value ClassifyDescriptor(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  FileKind kind = FileKind::kKernelObject;
  Pollability pollability = Pollability::kUnsupported;
  const SysError error = Classify(fd, &kind, &pollability);
  if (error) return ThrowSysError(env, arguments.addon(), error, fd);
  napi_value classification = nullptr;
  napi_create_object(env, &classification);
  SetProperty(env, classification, "readiness", FromText(env, PollabilityName(pollability)));
  SetProperty(env, classification, "kind", FromText(env, KindName(kind)));
  return classification;
}

}  // namespace

void ExportDescriptors(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"open", OpenPath},
      {"close", CloseDescriptor},
      {"dup", Duplicate},
      {"pipe", MakePipe},
      {"setNonBlocking", SetNonBlocking},
      {"isNonBlocking", IsNonBlocking},
      {"bytesReadable", BytesReadable},
      {"accessMode", AccessMode},
      {"kindOf", KindOfDescriptor},
      {"classify", ClassifyDescriptor},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
