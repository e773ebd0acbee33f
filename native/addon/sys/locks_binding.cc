// Locks of files: flock(2), and those of open files of fcntl(2). None of them waits.
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "../../common/retry.h"
#include "sys_binding.h"

namespace pollux {
namespace {

int ToOperation(LockState wanted) {
  switch (wanted) {
    case LockState::kShared:
      return LOCK_SH;
    case LockState::kExclusive:
      return LOCK_EX;
    default:
      return LOCK_UN;
  }
}

// changeLock(fd, wanted): 0 or kWouldBlock
napi_value ChangeLock(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const int fd = arguments.Int(0);
  const int operation = ToOperation(static_cast<LockState>(arguments.Uint(1))) | LOCK_NB;
  return FromTransfer(env, arguments.addon(), RetryOnSignal([&] { return flock(fd, operation); }), "flock", fd);
}

#ifdef F_OFD_SETLK
short ToLockType(LockState wanted) {
  switch (wanted) {
    case LockState::kShared:
      return F_RDLCK;
    case LockState::kExclusive:
      return F_WRLCK;
    default:
      return F_UNLCK;
  }
}
#endif

// changeRangeLock(fd, wanted, start, length): 0, kWouldBlock or kNotSupported. A length of 0 reaches to the end of the
// file, also while the file grows.
napi_value ChangeRangeLock(napi_env env, napi_callback_info info) {
#ifdef F_OFD_SETLK
  Arguments<4> arguments(env, info);
  const int fd = arguments.Int(0);
  struct flock range = {};
  range.l_type = ToLockType(static_cast<LockState>(arguments.Uint(1)));
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(arguments.Number(2));
  range.l_len = static_cast<off_t>(arguments.Number(3));
  const int result = RetryOnSignal([&] { return fcntl(fd, F_OFD_SETLK, &range); });
  // fcntl(2): EACCES or EAGAIN where another lock is in the way.
  if (result < 0 && errno == EACCES) return FromInt(env, kWouldBlock);
  return FromTransfer(env, arguments.addon(), result, "fcntl", fd);
#else
  static_cast<void>(info);
  return FromInt(env, kNotSupported);
#endif
}

}  // namespace

void ExportLocks(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"changeLock", ChangeLock}, {"changeRangeLock", ChangeRangeLock}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux
