// The calls of pollux/sys that differ between kernels, on the BSDs and macOS.
#include "../common/os_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../addon/sys/write_state.h"
#include "../common/message_flags.h"
#include "../common/retry.h"
#include "../common/socket_options.h"
#include "error_names.h"
#include "file_kind.h"
#include "kqueue_descriptor.h"
#include "os_call_facts.h"
#include "pipe_signal.h"

namespace pollux {
namespace {

// Makes a new descriptor what pollux/sys promises; closes it when that fails.
SysError Prepare(int fd) {
  const bool done = fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) >= 0;
  if (done) return {};
  const int code = errno;
  close(fd);
  return {code, "fcntl"};
}

SysError PrepareSocket(int fd) {
  if (kSocketFlags == 0) {
    const SysError error = Prepare(fd);
    if (error) return error;
  }
  const int on = 1;
  // It can fail on a connection that was reset (macOS: EINVAL), which raises no signal either.
  if (kNoSignalOption != 0) setsockopt(fd, SOL_SOCKET, kNoSignalOption, &on, sizeof on);
  return {};
}

SysError PrepareBoth(int fds[2], SysError (*prepare)(int)) {
  const SysError first = prepare(fds[0]);
  const SysError second = prepare(fds[1]);
  if (first && !second) close(fds[1]);
  if (second && !first) close(fds[0]);
  return first ? first : second;
}

// The most lost connections that one call passes over: as many as a long queue holds.
constexpr int kMostLost = 4096;

// accept(2): the connection was lost while it queued.
bool IsLostConnection(int code) { return code == ECONNABORTED; }

FileKind KindOf(int fd, mode_t mode) {
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

// ptsname(3) returns memory that all threads share; OpenBSD has no ptsname_r(3).
pthread_mutex_t name_mutex = PTHREAD_MUTEX_INITIALIZER;

SysError NameOfOtherSide(int fd, char* path, size_t size) {
  pthread_mutex_lock(&name_mutex);
  const char* name = ptsname(fd);
  const int code = name == nullptr ? errno : strlen(name) < size ? 0 : ENAMETOOLONG;
  if (code == 0) strcpy(path, name);
  pthread_mutex_unlock(&name_mutex);
  return {code, "ptsname"};
}

ssize_t SendParts(int fd, const iovec* parts, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = count;
  return sendmsg(fd, &message, kNoSignal);
}

// The file, or the family of the socket, takes write(2) only.
bool IsOtherWay(int code) { return code == ENOTSOCK || code == EOPNOTSUPP || code == EINVAL; }

// 0, or the error of adding `fd` to an empty kqueue.
int TryToPoll(int kqueue_fd, int fd) {
  // The write end of a FIFO has no EVFILT_READ on OpenBSD (fifo_vnops.c, fifo_kqfilter), a kqueue
  // no EVFILT_WRITE.
  constexpr int kEither[] = {kWriteFilter, kReadFilter};
  int error = 0;
  for (const int filter : kEither) {
    const KernelRecord add = MakeChange(static_cast<uintptr_t>(fd), filter, EV_ADD | EV_DISABLE, 0, 0);
    const timespec at_once = {0, 0};
    if (kevent(kqueue_fd, &add, 1, nullptr, 0, &at_once) == 0) return 0;
    error = errno;
  }
  return error;
}

}  // namespace

SysError OpenSocket(int domain, int type, int* fd) {
  const int opened = socket(domain, type | kSocketFlags, 0);
  if (opened < 0) return {errno, "socket"};
  const SysError error = PrepareSocket(opened);
  if (!error) *fd = opened;
  return error;
}

SysError OpenSocketPair(int type, int fds[2]) {
  int opened[2];
  if (socketpair(AF_UNIX, type | kSocketFlags, 0, opened) < 0) return {errno, "socketpair"};
  const SysError error = PrepareBoth(opened, PrepareSocket);
  if (!error) memcpy(fds, opened, sizeof opened);
  return error;
}

SysError OpenPipe(int fds[2]) {
  int opened[2];
  if (pipe(opened) < 0) return {errno, "pipe"};
  const SysError error = PrepareBoth(opened, Prepare);
  if (!error) memcpy(fds, opened, sizeof opened);
  return error;
}

SysError AcceptConnection(int fd, int* accepted) {
  for (int lost = 0;;) {
    const int connection = AcceptFrom(fd);
    if (connection >= 0) {
      const SysError error = PrepareSocket(connection);
      if (!error) *accepted = connection;
      return error;
    }
    if (errno == EINTR) continue;
    if (!IsLostConnection(errno) || ++lost == kMostLost) return {errno, kAcceptName};
  }
}

ssize_t WriteParts(int fd, const iovec* parts, int count, WriteState& state) {
  if (kNoSignal != 0 && (IsEmpty(parts, count) || state.WayOf(fd) == WriteWay::kSend)) {
    const ssize_t sent = RetryOnSignal([&] { return SendParts(fd, parts, count); });
    if (sent >= 0 || !IsOtherWay(errno)) return sent;
    if (errno == ENOTSOCK) state.Learn(fd, WriteWay::kGuarded);
  }
  return WithoutPipeSignal(fd, state.is_alone, [&] { return RetryOnSignal([&] { return writev(fd, parts, count); }); });
}

SysError SendFile(int out, int in, int64_t offset, size_t count, const WriteState& state, size_t* sent) {
  if (count == 0) {
    // sendfile(2): a count of 0 means all there is.
    if (fcntl(in, F_GETFD) < 0 || fcntl(out, F_GETFD) < 0) return {errno, "sendfile"};
    *sent = 0;
    return {};
  }
  const bool moves = offset < 0;
  const off_t from = moves ? lseek(in, 0, SEEK_CUR) : static_cast<off_t>(offset);
  if (from < 0) return {errno, "sendfile"};
  off_t done = 0;
  const int result = WithoutPipeSignal(out, state.is_alone, [&] {
    return RetryOnSignal([&] {
      const int status = SendFrom(in, out, from, count, &done);
      // An interrupted call has sent something, or is made again.
      return status < 0 && errno == EINTR && done > 0 ? 0 : status;
    });
  });
  if (result < 0 && done <= 0) return {errno, "sendfile"};
  if (moves && lseek(in, from + done, SEEK_SET) < 0) return {errno, "sendfile"};
  *sent = static_cast<size_t>(done);
  return {};
}

SysError Splice(int, int64_t, int, int64_t, size_t, bool, const WriteState&, size_t*) { return {ENOSYS, "splice"}; }

SysError OpenPseudoterminal(int* fd, char* path, size_t size) {
  // posix_openpt(2): what else it takes differs between the kernels.
  const int opened = RetryOnSignal([] { return posix_openpt(O_RDWR | O_NOCTTY); });
  if (opened < 0) return {errno, "posix_openpt"};
  SysError error = Prepare(opened);
  if (error) return error;
  if (grantpt(opened) < 0) {
    error = {errno, "grantpt"};
  } else if (unlockpt(opened) < 0) {
    error = {errno, "unlockpt"};
  } else {
    error = NameOfOtherSide(opened, path, size);
  }
  if (error) {
    close(opened);
  } else {
    *fd = opened;
  }
  return error;
}

// inotify(7) is Linux's.
SysError OpenInotify(int*) { return {ENOSYS, "inotify_init1"}; }

SysError AddInotifyWatch(int, const char*, uint32_t, int*) { return {ENOSYS, "inotify_add_watch"}; }

SysError RemoveInotifyWatch(int, int) { return {ENOSYS, "inotify_rm_watch"}; }

SysError FindKind(int fd, FileKind* kind) {
  struct stat status;
  if (fstat(fd, &status) < 0) return {errno, "fstat"};
  *kind = KindOf(fd, status.st_mode);
  return {};
}

SysError Classify(int fd, FileKind* kind, Pollability* pollability) {
  FileKind found = FileKind::kKernelObject;
  const SysError unknown = FindKind(fd, &found);
  if (unknown) return unknown;
  uint32_t details = 0;
  int error = Examine(fd, &details).code;
  if (error == 0) {
    KqueueDescriptor kqueue;
    const SysError failure = kqueue.Open();
    if (failure) return failure;
    error = TryToPoll(kqueue.fd(), fd);
  }
  *kind = found;
  if (error == 0) {
    *pollability = Pollability::kPollable;
  } else if (IsRefusal(error)) {
    *pollability = *kind == FileKind::kDirectory ? Pollability::kUnsupported : Pollability::kAlwaysReady;
  } else {
    return {error, "kevent"};
  }
  return {};
}

bool DescribeError(int code, const char** name, char* text, size_t size) {
  for (const NamedError& error : kErrors) {
    if (error.code != code) continue;
    *name = error.name;
    // It writes a text for every number, and fails where it has none.
    strerror_r(code, text, size);
    return true;
  }
  return false;
}

// Abstract names are Linux's.
bool HasAbstractNames() { return false; }

const SocketOption* FindOsOption(const char* name) {
  for (const SocketOption& option : kOsOptions) {
    if (strcmp(option.name, name) == 0) return &option;
  }
  return nullptr;
}

}  // namespace pollux
