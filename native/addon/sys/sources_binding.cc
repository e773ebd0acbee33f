// Timers, events and processes as descriptors.
#include "../../common/source_calls.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// A new descriptor, or kNotSupported.
napi_value FromOpened(napi_env env, Addon& addon, SysError error, int fd) {
  if (!error) return FromInt(env, fd);
  return error.code == ENOSYS ? FromInt(env, kNotSupported) : ThrowSysError(env, addon, error, -1);
}

// A count, 0 or more, or kWouldBlock.
napi_value FromCount(napi_env env, Addon& addon, SysError error, uint64_t count, int fd) {
  if (!error) return FromNumber(env, static_cast<double>(count));
  return IsWouldBlock(error.code) ? FromInt(env, kWouldBlock) : ThrowSysError(env, addon, error, fd);
}

// The seconds and nanoseconds at `first`.
template <size_t kMost>
TimeParts ReadTime(const Arguments<kMost>& arguments, size_t first) {
  return {static_cast<int64_t>(arguments.Number(first)), arguments.Int(first + 1)};
}

// openTimer(clock): fd or kNotSupported
napi_value NewTimer(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = -1;
  const SysError error = OpenTimer(static_cast<TimerClock>(arguments.Int(0)), &fd);
  return FromOpened(env, arguments.addon(), error, fd);
}

// setTimer(fd, first seconds, first ns, isAbsolute, period seconds, period ns)
napi_value ChangeTimer(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  const int fd = arguments.Int(0);
  const TimerSetting setting = {ReadTime(arguments, 1), arguments.Bool(3), ReadTime(arguments, 4)};
  return FromOutcome(env, arguments.addon(), SetTimer(fd, setting), fd);
}

// readTimer(fd): a count or kWouldBlock
napi_value TakeExpirations(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  uint64_t count = 0;
  const SysError error = ReadTimer(fd, &count);
  return FromCount(env, arguments.addon(), error, count, fd);
}

// openEvent(initial): fd
napi_value NewEvent(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = -1;
  const SysError error = OpenEvent(arguments.Uint(0), &fd);
  return FromOpened(env, arguments.addon(), error, fd);
}

// addToEvent(fd, count): 0 or kWouldBlock
napi_value Add(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  const SysError error = AddToEvent(fd, static_cast<uint64_t>(arguments.Number(1)));
  return FromCount(env, arguments.addon(), error, 0, fd);
}

// readEvent(fd): a count or kWouldBlock
napi_value TakeCount(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  uint64_t count = 0;
  const SysError error = ReadEvent(fd, &count);
  return FromCount(env, arguments.addon(), error, count, fd);
}

// openProcess(pid): fd or kNotSupported
napi_value NewProcess(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = -1;
  const SysError error = OpenProcess(arguments.Int(0), &fd);
  return FromOpened(env, arguments.addon(), error, fd);
}

}  // namespace

void ExportSources(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"openTimer", NewTimer}, {"setTimer", ChangeTimer}, {"readTimer", TakeExpirations}, {"openEvent", NewEvent},
      {"addToEvent", Add},     {"readEvent", TakeCount},  {"openProcess", NewProcess},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
