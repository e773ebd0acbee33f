#include "registration.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_facts.h"

namespace pollux {
namespace {

bool IsAlwaysReady(int fd, const struct stat& status) {
  if (isatty(fd)) return false;
  for (const char* path : kAlwaysReadyDevices) {
    struct stat device;
    if (stat(path, &device) == 0 && S_ISCHR(device.st_mode) && device.st_rdev == status.st_rdev) {
      return true;
    }
  }
  return false;
}

uint32_t SocketKindOf(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  const bool is_datagram = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
  return is_datagram ? kSocket | kDatagram : kSocket;
}

uint32_t AccessOf(int fd) {
  switch (fcntl(fd, F_GETFL) & O_ACCMODE) {
    case O_RDONLY:
      return kReadOnly;
    case O_WRONLY:
      return kWriteOnly;
    default:
      return 0;
  }
}

}  // namespace

SysError FindKindBits(int fd, uint32_t* kind) {
  struct stat status;
  // Any other error of fstat(2) comes from a file system, whose files cannot be polled.
  if (fstat(fd, &status) < 0) return {errno == EBADF ? EBADF : EPERM, "kevent"};
  *kind = 0;
  switch (status.st_mode & S_IFMT) {
    case S_IFSOCK:
      *kind = SocketKindOf(fd);
      return {};
    case S_IFCHR:
      *kind = kDevice;
      if (IsAlwaysReady(fd, status)) return {EPERM, "kevent"};
      return {};
    case S_IFREG:
    case S_IFDIR:
    case S_IFBLK:
    case S_IFLNK:
      return {EPERM, "kevent"};
    default:
      *kind = AccessOf(fd);
      return {};
  }
}

}  // namespace pollux
