// Conversions between values of Node-API and C++ that the bindings share. TypeScript has checked the arguments; a value
// that cannot be converted here is read as zero.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

struct Addon;

// The arguments of one call. Reads at most `kMost` of them; missing ones are undefined.
template <size_t kMost>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data);
    addon_ = static_cast<Addon*>(data);
  }

  Addon& addon() const { return *addon_; }
  napi_value Value(size_t index) const { return values_[index]; }

  int32_t Int(size_t index) const {
    int32_t value = 0;
    napi_get_value_int32(env_, values_[index], &value);
    return value;
  }

  uint32_t Uint(size_t index) const {
    uint32_t value = 0;
    napi_get_value_uint32(env_, values_[index], &value);
    return value;
  }

  bool Bool(size_t index) const {
    bool value = false;
    napi_get_value_bool(env_, values_[index], &value);
    return value;
  }

  double Number(size_t index) const {
    double value = 0;
    napi_get_value_double(env_, values_[index], &value);
    return value;
  }

 private:
  napi_env env_;
  Addon* addon_ = nullptr;
  napi_value values_[kMost];
};

inline napi_value FromInt(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

inline napi_value FromNumber(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

inline napi_value FromBool(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

inline napi_value FromText(napi_env env, const char* text) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

inline void SetProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

// A function of the addon's exports; it finds the environment's Addon as its callback data.
struct ExportedFunction {
  const char* name;
  napi_callback callback;
};

template <size_t kCount>
void Export(napi_env env, napi_value exports, Addon* addon, const ExportedFunction (&functions)[kCount]) {
  for (const ExportedFunction& exported : functions) {
    napi_value function = nullptr;
    napi_create_function(env, exported.name, NAPI_AUTO_LENGTH, exported.callback, addon, &function);
    SetProperty(env, exports, exported.name, function);
  }
}

// Throws the JavaScript error of a failed system call. Returns nullptr, for the caller to return. `fd` < 0: the error
// is about no descriptor.
napi_value ThrowSysError(napi_env env, Addon& addon, SysError error, int fd);

// True once the environment's worker is being terminated: no JavaScript runs any more.
inline bool IsTerminating(napi_env env) {
  // A wait can last for months and calls this function all the time: the scope frees what a call leaves on the
  // JavaScript heap.
  napi_handle_scope scope = nullptr;
  napi_value global = nullptr;
  bool exists = false;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return true;
  napi_get_global(env, &global);
  const bool is_terminating = napi_has_named_property(env, global, "undefined", &exists) != napi_ok;
  napi_close_handle_scope(env, scope);
  return is_terminating;
}

}  // namespace pollux
