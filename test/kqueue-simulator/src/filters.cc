#include "filters.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "registry.h"

namespace simulator {
namespace {

constexpr long kPipeFsMagic = 0x50495045;

FileKind KindOf(int fd, const struct stat& info) {
  if (S_ISSOCK(info.st_mode)) return FileKind::kSocket;
  if (S_ISFIFO(info.st_mode)) return IsAnonymousPipe(fd) ? FileKind::kPipe : FileKind::kFifo;
  if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return FileKind::kFile;
  if (isatty(fd)) return FileKind::kTerminal;
  if (Registry::Get().Find(fd) != nullptr) return FileKind::kKqueue;
  return FileKind::kDevice;
}

const FilterOps* ForExcept(FileKind kind, int* error) {
  if (kind == FileKind::kSocket) return &kSocketExcept;
  *error = EINVAL;
  return nullptr;
}

const FilterOps* ForReadOrWrite(const Personality& personality, bool read, FileKind kind, int* error) {
  switch (kind) {
    case FileKind::kPipe:
    case FileKind::kFifo:
      return read ? &kPipeRead : &kPipeWrite;
    case FileKind::kSocket:
      return read ? &kSocketRead : &kSocketWrite;
    case FileKind::kKqueue:
      *error = EINVAL;
      return read ? &kKqueueRead : nullptr;
    case FileKind::kFile:
      *error = personality.regular_file_error;
      if (*error != 0) return nullptr;
      return read ? &kFileRead : &kFileWrite;
    default:
      return read ? &kDeviceRead : &kDeviceWrite;
  }
}

}  // namespace

bool IsAnonymousPipe(int fd) {
  struct statfs system = {};
  return fstatfs(fd, &system) == 0 && system.f_type == kPipeFsMagic;
}

short Poll(int fd, short events) {
  pollfd entry = {fd, events, 0};
  return poll(&entry, 1, 0) == 1 ? entry.revents : 0;
}

int64_t BytesReadable(int fd) { return AskInt(fd, FIONREAD, 0); }

bool HasFilter(const Personality& personality, short filter) {
  switch (filter) {
    case EVFILT_READ:
    case EVFILT_WRITE:
    case EVFILT_TIMER:
    case EVFILT_PROC:
      return true;
    case EVFILT_USER:
      return personality.has_user_filter;
    case EVFILT_EXCEPT:
      return personality.has_except_filter;
    default:
      return false;
  }
}

bool IsDescriptorFilter(short filter) {
  return filter == EVFILT_READ || filter == EVFILT_WRITE || filter == EVFILT_EXCEPT;
}

const FilterOps* SelectFilter(const Personality& personality, const struct kevent& change, FileKind* kind, int* error) {
  if (change.filter == EVFILT_TIMER) return &kTimer;
  if (change.filter == EVFILT_USER) return &kUser;
  if (change.filter == EVFILT_PROC) return &kProcess;

  const int fd = static_cast<int>(change.ident);
  struct stat info = {};
  if (!Stat(fd, &info)) {
    *error = EBADF;
    return nullptr;
  }
  const dev_t dev_tty = makedev(5, 0);
  if (personality.refuses_dev_tty && S_ISCHR(info.st_mode) && info.st_rdev == dev_tty) {
    *error = EINVAL;
    return nullptr;
  }
  *kind = KindOf(fd, info);
  if (change.filter == EVFILT_EXCEPT) return ForExcept(*kind, error);
  return ForReadOrWrite(personality, change.filter == EVFILT_READ, *kind, error);
}

}  // namespace simulator
