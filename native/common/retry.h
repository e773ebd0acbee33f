// System calls that a signal interrupted.
#pragma once

#include <errno.h>

namespace pollux {

// Makes the call until it ends otherwise than with EINTR, and returns its result.
template <typename Call>
auto RetryOnSignal(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace pollux
