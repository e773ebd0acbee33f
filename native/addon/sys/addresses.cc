#include "addresses.h"

namespace pollux {

napi_value FromSocketAddress(napi_env env, const SocketAddress& address) {
  AddressText said;
  if (!DescribeAddress(address, &said)) return nullptr;
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

}  // namespace pollux
