#include "addresses.h"

#include <string.h>

namespace pollux {
namespace {

// The kernel reports the length of the whole address, also where it has written only a part of it (recvmsg(2),
// getsockname(2)).
size_t WrittenBytes(const SocketAddress& address) {
  const size_t length = address.length;
  return length < sizeof address.storage ? length : sizeof address.storage;
}

// { family: number, raw: Buffer }
napi_value FromRawAddress(napi_env env, const SocketAddress& address) {
  napi_value raw = nullptr;
  napi_value object = nullptr;
  napi_create_buffer_copy(env, WrittenBytes(address), &address.storage, nullptr, &raw);
  napi_create_object(env, &object);
  SetProperty(env, object, "family", FromInt(env, address.storage.ss_family));
  SetProperty(env, object, "raw", raw);
  return object;
}

}  // namespace

napi_value FromSocketAddress(napi_env env, const SocketAddress& address) {
  AddressText said;
  if (!DescribeAddress(address, &said)) return FromRawAddress(env, address);
  napi_value text = nullptr;
  napi_value object = nullptr;
  napi_create_string_utf8(env, said.text, said.length, &text);
  napi_create_object(env, &object);
  if (said.family == Family::kUnix) {
    SetProperty(env, object, "family", FromText(env, "unix"));
    SetProperty(env, object, "path", text);
  } else {
    SetProperty(env, object, "family", FromText(env, said.family == Family::kIpv6 ? "ipv6" : "ipv4"));
    SetProperty(env, object, "host", text);
    SetProperty(env, object, "port", FromInt(env, said.port));
  }
  return object;
}

napi_value FromSender(napi_env env, int fd, SocketAddress* sender) {
  if (sender->length == 0) {
    SocketAddress own = {};
    own.length = sizeof own.storage;
    const bool is_known = getsockname(fd, own.raw(), &own.length) == 0;
    *sender = {};
    sender->storage.ss_family = is_known ? own.storage.ss_family : static_cast<sa_family_t>(AF_UNSPEC);
  }
  return FromSocketAddress(env, *sender);
}

void ReadRawAddress(napi_env env, napi_value value, SocketAddress* address) {
  void* data = nullptr;
  size_t size = 0;
  napi_get_typedarray_info(env, value, nullptr, &size, &data, nullptr, nullptr);
  if (size > sizeof address->storage) size = sizeof address->storage;
  *address = {};
  if (size > 0) memcpy(&address->storage, data, size);
  address->length = static_cast<socklen_t>(size);
}

}  // namespace pollux
