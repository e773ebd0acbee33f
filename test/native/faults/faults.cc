// Makes system calls and allocations of pollux.node fail. One file in two roles: preloaded
// (LD_PRELOAD), it stands in front of libc; loaded as an addon, it takes orders from JavaScript.
#include <errno.h>
#include <link.h>
#include <node_api.h>
#include <string.h>

#include "plan.h"

namespace faults {
namespace {

napi_value Refuse(napi_env env, const char* message) {
  napi_throw_error(env, "ERR_FAULTS", message);
  return nullptr;
}

// The argument of one of the addon's functions, taken apart.
struct Input {
  Input(napi_env environment, napi_callback_info info) : env(environment) {
    size_t count = 1;
    napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  }

  int Number(const char* name, int otherwise) const {
    napi_value property = nullptr;
    double number = otherwise;
    napi_get_named_property(env, value, name, &property);
    napi_get_value_double(env, property, &number);
    return static_cast<int>(number);
  }

  Call NamedCall(const char* name) const {
    napi_value property = nullptr;
    char text[64] = "";
    napi_get_named_property(env, value, name, &property);
    napi_get_value_string_utf8(env, property, text, sizeof text, nullptr);
    for (int call = 0; call < kCalls; call++) {
      if (strcmp(kNames[call], text) == 0) return static_cast<Call>(call);
    }
    return kCalls;
  }

  napi_env env;
  napi_value value = nullptr;
};

// fail({ call, errno, nth = 1, times = 1 }): the nth call from now on fails, and the times − 1 calls after it.
napi_value Fail(napi_env env, napi_callback_info info) {
  const Input input(env, info);
  const Call call = input.NamedCall("call");
  if (call == kCalls) return Refuse(env, "fail(): no such call");
  CallState& state = states[call];
  if (state.plans == kMostPlans) return Refuse(env, "fail(): too many plans for one call");
  state.plan[state.plans++] = {state.count + input.Number("nth", 1), input.Number("times", 1),
                               input.Number("errno", EIO)};
  return nullptr;
}

// calls(): how often pollux.node has made each call since clear().
napi_value Calls(napi_env env, napi_callback_info) {
  napi_value counts = nullptr;
  napi_create_object(env, &counts);
  for (int call = 0; call < kCalls; call++) {
    napi_value count = nullptr;
    napi_create_int32(env, states[call].count, &count);
    napi_set_named_property(env, counts, kNames[call], count);
  }
  return counts;
}

// clear(): no call fails any more; counting begins anew.
napi_value Clear(napi_env, napi_callback_info) {
  for (CallState& state : states) state = {};
  return nullptr;
}

int FindModule(dl_phdr_info* module, size_t, void* name) {
  if (strcmp(module->dlpi_name, static_cast<const char*>(name)) != 0) return 0;
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const auto& segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    watched_begin = module->dlpi_addr + segment.p_vaddr;
    watched_end = watched_begin + segment.p_memsz;
    return 1;
  }
  return 0;
}

// watch(file): from now on, the calls that this loaded library makes are counted.
napi_value Watch(napi_env env, napi_callback_info info) {
  const Input input(env, info);
  char file[4096] = "";
  napi_get_value_string_utf8(env, input.value, file, sizeof file, nullptr);
  if (dl_iterate_phdr(FindModule, file) == 0) return Refuse(env, "watch(): no such library");
  return nullptr;
}

}  // namespace
}  // namespace faults

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {
      {"fail", faults::Fail},
      {"calls", faults::Calls},
      {"clear", faults::Clear},
      {"watch", faults::Watch},
  };
  for (const auto& entry : functions) {
    napi_value function = nullptr;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, nullptr, &function);
    napi_set_named_property(env, exports, entry.name, function);
  }
  return exports;
}
