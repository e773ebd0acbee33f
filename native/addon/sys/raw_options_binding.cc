// Socket options by their bytes, and those of multicast groups and packet filters.
#include <net/if.h>
#include <sys/socket.h>

#include <cstdlib>

#include "../../common/internet_options.h"
#include "addresses.h"
#include "sys_binding.h"

namespace pollux {
namespace {

constexpr size_t kGuardBytes = 64;

// In what unit getsockopt(2) counts the length of an option. socket(7): SO_GET_FILTER counts instructions of 8 bytes.
size_t UnitOf([[maybe_unused]] int level, [[maybe_unused]] int name) {
#ifdef SO_GET_FILTER
  if (level == SOL_SOCKET && name == SO_GET_FILTER) return 8;
#endif
  return 1;
}

// findOption(fd, name): [level, name]; undefined: the kernel lacks it
napi_value FindOptionNumbers(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  char name[32] = "";
  napi_get_value_string_utf8(env, arguments.Value(1), name, sizeof name, nullptr);
  const SocketOption* option = FindOptionFor(arguments.Int(0), name);
  return option == nullptr ? nullptr : FromPair(env, {option->level, option->option});
}

// getRawOption(fd, level, name, length): Buffer
napi_value GetRawOption(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const size_t length = arguments.Uint(3);
  const size_t unit = UnitOf(arguments.Int(1), arguments.Int(2));
  const size_t size = length * unit + kGuardBytes;
  auto* memory = static_cast<unsigned char*>(calloc(1, size));
  if (memory == nullptr) return ThrowSysError(env, addon, {ENOMEM, "calloc"}, fd);
  auto written = static_cast<socklen_t>(length);
  napi_value result = nullptr;
  if (getsockopt(fd, arguments.Int(1), arguments.Int(2), memory, &written) < 0) {
    ThrowSysError(env, addon, {errno, "getsockopt"}, fd);
  } else {
    // A kernel may return the length of the whole option although it has written only a part of it.
    const size_t told = written < length ? written : length;
    napi_create_buffer_copy(env, told * unit, memory, nullptr, &result);
  }
  free(memory);
  return result;
}

// setRawOption(fd, level, name, bytes, offset, length)
napi_value SetRawOption(napi_env env, napi_callback_info info) {
  Arguments<6> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 3, &bytes)) return ThrowSysError(env, addon, {EFAULT, "setsockopt"}, fd);
  const auto length = static_cast<socklen_t>(bytes.length);
  if (setsockopt(fd, arguments.Int(1), arguments.Int(2), bytes.data, length) < 0) {
    return ThrowSysError(env, addon, {errno, "setsockopt"}, fd);
  }
  return nullptr;
}

// setPacketFilter(fd, bytes, offset, length): 0 or kNotSupported
napi_value SetFilter(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  constexpr size_t kInstructionBytes = 8;
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  Bytes bytes;
  if (!ReadBytes(env, arguments, 1, &bytes)) return ThrowSysError(env, addon, {EFAULT, "setsockopt"}, fd);
  const SysError error = SetPacketFilter(fd, bytes.data, bytes.length / kInstructionBytes);
  if (error.code == ENOSYS) return FromInt(env, kNotSupported);
  return error ? ThrowSysError(env, addon, error, fd) : FromInt(env, 0);
}

// changeMembership(fd, joins, interface, group family, group, 0, source family or 0, source, 0): 0, kNotNumeric,
// kSourceNotNumeric or kNotSupported
napi_value ChangeGroup(napi_env env, napi_callback_info info) {
  Arguments<9> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  SocketAddress group = {};
  SocketAddress source = {};
  napi_value failure = nullptr;
  if (!ReadAddress(env, arguments, 3, fd, &group, &failure)) return failure;
  const bool has_source = arguments.Int(6) != static_cast<int32_t>(Family::kUnspecified);
  if (has_source && !ReadSource(env, arguments, 6, fd, &source, &failure)) return failure;
  const SysError error =
      ChangeMembership(fd, arguments.Bool(1), group, has_source ? &source : nullptr, arguments.Uint(2));
  if (error.code == ENOSYS) return FromInt(env, kNotSupported);
  return error ? ThrowSysError(env, addon, error, fd) : FromInt(env, 0);
}

// interfaceIndex(name): the number of a network interface
napi_value InterfaceIndex(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  char name[IF_NAMESIZE] = "";
  napi_get_value_string_utf8(env, arguments.Value(0), name, sizeof name, nullptr);
  const unsigned index = if_nametoindex(name);
  if (index == 0) return ThrowSysError(env, arguments.addon(), {errno, "if_nametoindex"}, -1);
  return FromNumber(env, index);
}

}  // namespace

void ExportRawOptions(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"findOption", FindOptionNumbers}, {"getRawOption", GetRawOption},    {"setRawOption", SetRawOption},
      {"setPacketFilter", SetFilter},    {"changeMembership", ChangeGroup}, {"interfaceIndex", InterfaceIndex},
  };
  Export(env, sys, addon, functions);
}

}  // namespace pollux
