// What the addon keeps for one JavaScript environment (the main thread or one worker).
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "../common/datagram_segments.h"
#include "../common/write_state.h"
#include "owned_descriptors.h"
#include "views.h"

namespace pollux {

struct Addon {
  explicit Addon(napi_env environment) : env(environment), views(environment) {}

  const napi_env env;
  // Makes the JavaScript error of a failed system call; given by the TypeScript side at load.
  napi_ref make_error = nullptr;
  // A worker can be terminated while it waits, the main thread cannot.
  bool is_main_thread = true;
  Views views;
  WriteState write_state;
  OwnedDescriptors owned;
  // The most datagrams that the kernel cuts out of one call, as far as it has told.
  size_t most_segments = SIZE_MAX;
  JoiningSocket joining = {-1, 0};
};

void ExportPollers(napi_env env, napi_value exports, Addon* addon);
void ExportHostPolls(napi_env env, napi_value exports, Addon* addon);
void ExportSys(napi_env env, napi_value exports, Addon* addon);

}  // namespace pollux
