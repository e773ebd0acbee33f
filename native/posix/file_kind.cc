#include "file_kind.h"

#include <sys/stat.h>
#include <unistd.h>

namespace pollux {

FileKind KindOf(int fd, unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileKind::kRegularFile;
    case S_IFDIR:
      return FileKind::kDirectory;
    case S_IFIFO:
      return FileKind::kPipe;
    case S_IFSOCK:
      return FileKind::kSocket;
    case S_IFCHR:
      return isatty(fd) ? FileKind::kTerminal : FileKind::kCharacterDevice;
    case S_IFBLK:
      return FileKind::kBlockDevice;
    case S_IFLNK:
      return FileKind::kSymbolicLink;
    default:
      return FileKind::kKernelObject;
  }
}

}  // namespace pollux
