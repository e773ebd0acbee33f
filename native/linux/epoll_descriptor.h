// An epoll instance of the kernel.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../common/sys_error.h"
#include "refused_call.h"

namespace pollux {

// Opens an epoll instance, close-on-exec; with the call of Linux 2.6 where epoll_create1 is refused.
inline SysError OpenEpoll(int* fd) {
  int opened = epoll_create1(EPOLL_CLOEXEC);
  if (opened < 0) {
    const SysError error = {errno, "epoll_create1"};
    if (!IsRefused(error.code)) return error;
    opened = epoll_create(1);
    if (opened < 0) return error;
    if (fcntl(opened, F_SETFD, FD_CLOEXEC) < 0) {
      close(opened);
      return error;
    }
  }
  *fd = opened;
  return {};
}

}  // namespace pollux
