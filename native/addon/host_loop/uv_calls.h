// The functions of libuv that a host poll needs, found in the running program.
#pragma once

#include <uv.h>

namespace pollux {

struct UvCalls {
  decltype(&uv_handle_size) handle_size = nullptr;
  decltype(&uv_poll_init) poll_init = nullptr;
  decltype(&uv_poll_start) poll_start = nullptr;
  decltype(&uv_poll_stop) poll_stop = nullptr;
  decltype(&uv_ref) ref = nullptr;
  decltype(&uv_unref) unref = nullptr;
  decltype(&uv_close) close = nullptr;

  // Returns false if a function is missing.
  bool Find();
};

}  // namespace pollux
