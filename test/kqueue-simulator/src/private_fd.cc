#include "private_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace simulator {

int PrivateFd::Take(int fd) {
  Reset();
  if (fd < 0) return errno;
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int lowest = limit.rlim_cur > 65536 ? 49152 : static_cast<int>(limit.rlim_cur / 4 * 3);
  fd_ = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  const int error = fd_ < 0 ? errno : 0;
  syscall(SYS_close, fd);
  return error;
}

void PrivateFd::Reset() {
  if (fd_ >= 0) syscall(SYS_close, fd_);
  fd_ = -1;
}

}  // namespace simulator
