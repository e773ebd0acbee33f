// The addresses of a name: getaddrinfo(3).
#include <netdb.h>
#include <sys/socket.h>

#include "sys_binding.h"

namespace pollux {
namespace {

// resolve(name): a list of numeric addresses, or a text that says why there are none; `name` ends with a NUL
napi_value Resolve(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(ReadPath(env, arguments, 0), nullptr, &hints, &found);
  if (failure == EAI_SYSTEM) return ThrowSysError(env, arguments.addon(), {errno, "getaddrinfo"}, -1);
  if (failure != 0) return FromText(env, gai_strerror(failure));
  napi_value addresses = nullptr;
  napi_create_array(env, &addresses);
  uint32_t count = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char digits[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, digits, sizeof digits, nullptr, 0, NI_NUMERICHOST) == 0) {
      napi_set_element(env, addresses, count++, FromText(env, digits));
    }
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace

void ExportNames(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"resolve", Resolve}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
