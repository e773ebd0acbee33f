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

#include "../common/control_messages.h"
#include "../common/retry.h"
#include "../common/socket_options.h"
#include "../posix/file_kind.h"
#include "change_list.h"
#include "os_facts.h"
#include "readiness.h"
#include "registration.h"

namespace pollux {
namespace {

// Makes a new descriptor non-blocking and close-on-exec, as pollux/sys promises; closes it when that fails.
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
  // The option cannot be set on a connection that was reset (macOS: EINVAL); writes to such a connection raise no
  // signal.
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

}  // namespace

SysError OpenSocket(int domain, int type, int protocol, int* fd) {
  const int opened = socket(domain, type | kSocketFlags, protocol);
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

SysError OpenPseudoterminal(int* fd, char* path, size_t size) {
  // posix_openpt(2): other flags than these differ between the kernels.
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
  int error = FindKindBits(fd, &details).code;
  bool is_deaf = false;
  if (error == 0) {
    DirectionQuery query;
    const SysError failure = query.Open();
    if (failure) return failure;
    error = query.TryToAdd(fd);
    is_deaf = error == 0 && query.IsDeaf(fd, details);
  }
  *kind = found;
  if (is_deaf) {
    // NetBSD: the write end of a FIFO can be full, and kqueue never reports that it has room again.
    *pollability = Pollability::kUnsupported;
  } else if (error == 0) {
    *pollability = Pollability::kPollable;
  } else if (IsRefusal(error)) {
    *pollability = *kind == FileKind::kDirectory ? Pollability::kUnsupported : Pollability::kAlwaysReady;
  } else {
    return {error, "kevent"};
  }
  return {};
}

SysError PeerCredentials(int fd, Credentials* credentials) {
  uid_t uid = 0;
  gid_t gid = 0;
  if (getpeereid(fd, &uid, &gid) < 0) return {errno, "getpeereid"};
  *credentials = {PeerProcess(fd), uid, gid};
  return {};
}

// Abstract names are Linux's.
bool HasAbstractNames() { return false; }

SocketOptionList OsOptions() { return {kOsOptions, sizeof kOsOptions / sizeof kOsOptions[0]}; }

}  // namespace pollux
