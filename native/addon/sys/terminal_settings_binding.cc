// The settings of terminals, and what a serial line has besides bytes.
#include "../../common/terminal_calls.h"
#include "sys_binding.h"

namespace pollux {
namespace {

// terminalSettings(fd): an object with a number for each field
napi_value FromSettings(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  TerminalSettings settings;
  const SysError error = GetTerminalSettings(fd, &settings);
  if (error) return ThrowSysError(env, arguments.addon(), error, fd);
  napi_value object = nullptr;
  napi_create_object(env, &object);
  for (int field = 0; field < kTerminalFields; field++) {
    SetProperty(env, object, kTerminalFieldNames[field], FromNumber(env, static_cast<double>(settings.of[field])));
  }
  return object;
}

// setTerminalSettings(fd, settings, time): '', kNotSupported, or the name of the field that the terminal did not take
napi_value ChangeSettings(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  TerminalSettings settings;
  for (int field = 0; field < kTerminalFields; field++) {
    napi_value value = nullptr;
    settings.of[field] = kNotNamed;
    napi_get_named_property(env, arguments.Value(1), kTerminalFieldNames[field], &value);
    // A field whose value is no number is not set.
    napi_valuetype type = napi_undefined;
    if (value == nullptr || napi_typeof(env, value, &type) != napi_ok || type != napi_number) continue;
    napi_get_value_int64(env, value, &settings.of[field]);
  }
  int refused = kTerminalFields;
  const SysError error = SetTerminalSettings(fd, settings, static_cast<SettingsTime>(arguments.Int(2)), &refused);
  if (error.code == ENOTSUP) return FromInt(env, kNotSupported);
  if (error) return ThrowSysError(env, arguments.addon(), error, fd);
  return FromText(env, refused == kTerminalFields ? "" : kTerminalFieldNames[refused]);
}

// modemLines(fd): bits
napi_value ModemLines(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  unsigned lines = 0;
  const SysError error = GetModemLines(fd, &lines);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, static_cast<int32_t>(lines));
}

// setModemLines(fd, raised, lowered)
napi_value ChangeModemLines(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromOutcome(env, arguments.addon(), SetModemLines(fd, arguments.Uint(1), arguments.Uint(2)), fd);
}

// setBreak(fd, on)
napi_value ChangeBreak(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromOutcome(env, arguments.addon(), SetBreak(fd, arguments.Bool(1)), fd);
}

// setExclusive(fd, on)
napi_value ChangeExclusive(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromOutcome(env, arguments.addon(), SetExclusive(fd, arguments.Bool(1)), fd);
}

// flushTerminal(fd, queue)
napi_value Flush(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  return FromOutcome(env, arguments.addon(), FlushTerminal(fd, static_cast<TerminalQueue>(arguments.Int(1))), fd);
}

// outputQueued(fd): bytes
napi_value QueuedOutput(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  int count = 0;
  const SysError error = CountQueuedOutput(fd, &count);
  return error ? ThrowSysError(env, arguments.addon(), error, fd) : FromInt(env, count);
}

// drainTerminal(fd): 0 or kWouldBlock
napi_value Drain(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  const SysError error = DrainTerminal(fd);
  if (!error) return FromInt(env, 0);
  return IsWouldBlock(error.code) ? FromInt(env, kWouldBlock) : ThrowSysError(env, arguments.addon(), error, fd);
}

}  // namespace

void ExportTerminalSettings(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"terminalSettings", FromSettings}, {"setTerminalSettings", ChangeSettings},
      {"modemLines", ModemLines},         {"setModemLines", ChangeModemLines},
      {"setBreak", ChangeBreak},          {"setExclusive", ChangeExclusive},
      {"flushTerminal", Flush},           {"outputQueued", QueuedOutput},
      {"drainTerminal", Drain},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
