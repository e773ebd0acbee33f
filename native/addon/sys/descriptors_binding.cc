// Calls for every kind of descriptor: opening, closing, duplicating, flags, kinds. And pipes.
#include "../../common/os_calls.h"
#include "../addon.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// open(path, flags): fd
napi_value OpenPath(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int fd = -1;
  const SysError error = OpenFile(ReadPath(env, arguments, 0), arguments.Int(1), &fd);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromInt(env, fd);
}

// close(fd)
napi_value CloseNumber(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  arguments.addon().owned.Disown(fd);
  return FromOutcome(env, arguments.addon(), CloseDescriptor(fd), fd);
}

// dup(fd): fd
napi_value DuplicateNumber(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int copy = -1;
  const SysError error = Duplicate(fd, &copy);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, copy);
}

// pipe(): [fd to read, fd to write]
napi_value MakePipe(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fds[2] = {-1, -1};
  const SysError error = OpenPipe(fds);
  return error ? ThrowSysError(env, arguments.addon(), error, -1) : FromPair(env, fds);
}

// setNonBlocking(fd, on)
napi_value SetBlockingMode(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromOutcome(env, arguments.addon(), SetNonBlocking(fd, arguments.Bool(1)), fd);
}

// isNonBlocking(fd): boolean
napi_value GetBlockingMode(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  bool on = false;
  const SysError error = IsNonBlocking(fd, &on);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromBool(env, on);
}

const char* AccessName(Access access) {
  switch (access) {
    case Access::kRead:
      return "read";
    case Access::kWrite:
      return "write";
    default:
      return "read-write";
  }
}

// accessMode(fd): 'read', 'write' or 'read-write'
napi_value AccessMode(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  Access access = Access::kBoth;
  const SysError error = FindAccess(fd, &access);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromText(env, AccessName(access));
}

// bytesReadable(fd): count
napi_value BytesReadable(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int count = 0;
  const SysError error = CountReadable(fd, &count);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, count);
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

// kindOf(fd): the kind that classify() reports, without finding out the readiness
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
      {"close", CloseNumber},
      {"dup", DuplicateNumber},
      {"pipe", MakePipe},
      {"setNonBlocking", SetBlockingMode},
      {"isNonBlocking", GetBlockingMode},
      {"bytesReadable", BytesReadable},
      {"accessMode", AccessMode},
      {"kindOf", KindOfDescriptor},
      {"classify", ClassifyDescriptor},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
