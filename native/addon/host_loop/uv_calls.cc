#include "uv_calls.h"

#include <dlfcn.h>

namespace pollux {
namespace {

template <typename Function>
bool FindOne(const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return *function != nullptr;
}

}  // namespace

bool UvCalls::Find() {
  return FindOne("uv_handle_size", &handle_size) && FindOne("uv_poll_init", &poll_init) &&
         FindOne("uv_poll_start", &poll_start) && FindOne("uv_poll_stop", &poll_stop) && FindOne("uv_ref", &ref) &&
         FindOne("uv_unref", &unref) && FindOne("uv_close", &close);
}

}  // namespace pollux
