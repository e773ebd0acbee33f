// System calls that an old kernel lacks or a sandbox refuses.
#pragma once

#include <errno.h>

namespace pollux {

// ENOSYS: the kernel lacks the call. seccomp(2): a filter refuses it, with EPERM as a rule (old
// profiles of container runtimes) or with ENOSYS. The older call that does the same is then tried.
inline bool IsRefused(int code) { return code == ENOSYS || code == EPERM; }

}  // namespace pollux
