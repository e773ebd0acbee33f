// The calls of pollux/sys that differ between kernels, on Linux.
#include "../common/os_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/control_messages.h"
#include "../common/retry.h"
#include "../common/socket_options.h"
#include "../posix/file_kind.h"
#include "epoll_calls.h"

namespace pollux {
namespace {

// linux/tcp.h; the tcp.h of older C libraries has not all of them.
constexpr int kFastOpen = 23;         // TCP_FASTOPEN, Linux 3.7
constexpr int kNotSentLowWater = 25;  // TCP_NOTSENT_LOWAT, Linux 3.12
constexpr int kFastOpenConnect = 30;  // TCP_FASTOPEN_CONNECT, Linux 4.11

constexpr SocketOption kOsOptions[] = {
    {"bindToDevice", SOL_SOCKET, SO_BINDTODEVICE, OptionKind::kText},
    {"congestion", IPPROTO_TCP, TCP_CONGESTION, OptionKind::kText},
    {"cork", IPPROTO_TCP, TCP_CORK, OptionKind::kFlag},
    {"deferAccept", IPPROTO_TCP, TCP_DEFER_ACCEPT, OptionKind::kNumber},
    {"domain", SOL_SOCKET, SO_DOMAIN, OptionKind::kNumber},
    {"fastOpen", IPPROTO_TCP, kFastOpen, OptionKind::kNumber},
    {"fastOpenConnect", IPPROTO_TCP, kFastOpenConnect, OptionKind::kFlag},
    {"incomingCpu", SOL_SOCKET, SO_INCOMING_CPU, OptionKind::kNumber},
    {"keepAliveCount", IPPROTO_TCP, TCP_KEEPCNT, OptionKind::kNumber},
    {"keepAliveIdle", IPPROTO_TCP, TCP_KEEPIDLE, OptionKind::kNumber},
    {"keepAliveInterval", IPPROTO_TCP, TCP_KEEPINTVL, OptionKind::kNumber},
    {"mark", SOL_SOCKET, SO_MARK, OptionKind::kNumber},
    {"maxSegment", IPPROTO_TCP, TCP_MAXSEG, OptionKind::kNumber},
    {"notSentLowWater", IPPROTO_TCP, kNotSentLowWater, OptionKind::kNumber},
    {"passCredentials", SOL_SOCKET, SO_PASSCRED, OptionKind::kFlag},
    {"priority", SOL_SOCKET, SO_PRIORITY, OptionKind::kNumber},
    {"protocol", SOL_SOCKET, SO_PROTOCOL, OptionKind::kNumber},
    {"quickAck", IPPROTO_TCP, TCP_QUICKACK, OptionKind::kFlag},
    {"tcpInfo", IPPROTO_TCP, TCP_INFO, OptionKind::kBytes},
    {"timestamps", SOL_SOCKET, SO_TIMESTAMPNS, OptionKind::kFlag},
    {"userTimeout", IPPROTO_TCP, TCP_USER_TIMEOUT, OptionKind::kNumber},
};

// The kernel's struct statx, which not every C library declares.
struct KernelStatus {
  uint32_t before[7];
  uint16_t mode;
  uint8_t after[226];
};
static_assert(sizeof(KernelStatus) == 256, "statx(2) writes 256 bytes");

constexpr unsigned kTypeOnly = 1;  // STATX_TYPE

// socket(2): Linux 2.6.26 and older take no flags in the type, and fail with EINVAL.
bool LacksFlags(int code) { return IsRefused(code) || code == EINVAL; }

// Makes `fd` non-blocking and close-on-exec, as pollux/sys promises. Returns it, or −1 and errno with the descriptor
// closed. Another thread's fork() and exec may come before it.
int Prepared(int fd) {
  if (fd < 0) return fd;
  const bool is_done = fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) >= 0;
  if (is_done) return fd;
  const int code = errno;
  close(fd);
  errno = code;
  return -1;
}

// Prepares both descriptors, if `result` says that they were opened. False: they were not, or both are closed again.
bool ArePrepared(int result, const int fds[2]) {
  if (result < 0) return false;
  const bool is_first = Prepared(fds[0]) >= 0;
  const bool is_second = Prepared(fds[1]) >= 0;
  if (is_first && !is_second) close(fds[0]);
  if (is_second && !is_first) close(fds[1]);
  return is_first && is_second;
}

// pipe(2) by number: the function of that name in glibc 2.34 and later calls pipe2.
int OlderPipe(int fds[2]) {
#ifdef SYS_pipe
  return static_cast<int>(syscall(SYS_pipe, fds));
#else
  return pipe(fds);
#endif
}

// The most lost connections that one call passes over: as many as a long queue holds.
constexpr int kMostLost = 4096;

// accept(2), "Error handling": errors of a connection that was lost while it queued. EOPNOTSUPP is
// not among them here, because a socket that cannot listen says it too, and for ever.
bool IsLostConnection(int code) {
  switch (code) {
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
      return true;
    default:
      return false;
  }
}

// fstat(2) by number. Up to st_mode the struct stat of the C libraries is the kernel's.
long OlderStatus([[maybe_unused]] int fd, [[maybe_unused]] struct stat* status) {
#if defined(SYS_fstat64)
  return syscall(SYS_fstat64, fd, status);
#elif defined(SYS_fstat)
  return syscall(SYS_fstat, fd, status);
#else
  errno = ENOSYS;
  return -1;
#endif
}

// 0, or the error of adding `fd` to an empty epoll.
int TryToPoll(int epoll_fd, int fd) {
  epoll_event event = {};
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
}

}  // namespace

SysError OpenSocket(int domain, int type, int protocol, int* fd) {
  int opened = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (opened < 0) {
    const int code = errno;
    if (LacksFlags(code)) opened = Prepared(socket(domain, type, protocol));
    if (opened < 0) return {code, "socket"};
  }
  *fd = opened;
  return {};
}

SysError OpenSocketPair(int type, int fds[2]) {
  if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0) return {};
  const int code = errno;
  if (LacksFlags(code) && ArePrepared(socketpair(AF_UNIX, type, 0, fds), fds)) return {};
  return {code, "socketpair"};
}

SysError OpenPipe(int fds[2]) {
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0) return {};
  const int code = errno;
  if (IsRefused(code) && ArePrepared(OlderPipe(fds), fds)) return {};
  return {code, "pipe2"};
}

SysError AcceptConnection(int fd, int* accepted) {
  for (int lost = 0;;) {
    int connection = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    SysError error = {connection < 0 ? errno : 0, "accept4"};
    if (IsRefused(error.code)) {
      connection = accept(fd, nullptr, nullptr);
      // accept(2): EPERM may also mean that firewall rules forbid the connection. Both calls fail with it then.
      if (connection >= 0 || errno != error.code) error = {connection < 0 ? errno : 0, "accept"};
      if (connection >= 0 && Prepared(connection) < 0) return {errno, "fcntl"};
    }
    if (!error) {
      *accepted = connection;
      return {};
    }
    if (error.code == EINTR) continue;
    if (!IsLostConnection(error.code) || ++lost == kMostLost) return error;
  }
}

SysError OpenPseudoterminal(int* fd, char* path, size_t size) {
  const int opened = RetryOnSignal([] { return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC); });
  if (opened < 0) return {errno, "open"};
  // pts(4), ioctl_tty(2): what unlockpt(3) and ptsname(3) do, the latter into a buffer of its own.
  const int unlock = 0;
  unsigned number = 0;
  SysError error = {};
  if (ioctl(opened, TIOCSPTLCK, &unlock) < 0 || ioctl(opened, TIOCGPTN, &number) < 0) {
    error = {errno, "ioctl"};
  } else if (static_cast<size_t>(snprintf(path, size, "/dev/pts/%u", number)) >= size) {
    error = {ENAMETOOLONG, "ioctl"};
  }
  if (error) {
    close(opened);
  } else {
    *fd = opened;
  }
  return error;
}

SysError OpenInotify(int* fd) {
  int opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (opened < 0) {
    const int code = errno;
    if (IsRefused(code)) opened = Prepared(inotify_init());
    if (opened < 0) return {code, "inotify_init1"};
  }
  *fd = opened;
  return {};
}

SysError AddInotifyWatch(int fd, const char* path, uint32_t mask, int* watch) {
  const int added = RetryOnSignal([&] { return inotify_add_watch(fd, path, mask); });
  if (added < 0) return {errno, "inotify_add_watch"};
  *watch = added;
  return {};
}

SysError RemoveInotifyWatch(int fd, int watch) {
  if (inotify_rm_watch(fd, watch) < 0) return {errno, "inotify_rm_watch"};
  return {};
}

SysError FindKind(int fd, FileKind* kind) {
  // The system calls are made by their numbers: glibc has statx() since 2.28, and fstat() as a symbol since 2.33.
  KernelStatus status = {};
  if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, kTypeOnly, &status) == 0) {
    *kind = KindOf(fd, status.mode);
    return {};
  }
  const SysError error = {errno, "statx"};
  // Linux 4.10 and older, and the profiles of container runtimes of that time, have fstat(2) only.
  struct stat older;
  if (!IsRefused(error.code) || OlderStatus(fd, &older) < 0) return error;
  *kind = KindOf(fd, older.st_mode);
  return {};
}

SysError Classify(int fd, FileKind* kind, Pollability* pollability) {
  FileKind found = FileKind::kKernelObject;
  const SysError unknown = FindKind(fd, &found);
  if (unknown) return unknown;
  int epoll_fd = -1;
  const SysError refused = OpenEpoll(&epoll_fd);
  if (refused) return refused;
  const int error = TryToPoll(epoll_fd, fd);
  close(epoll_fd);
  *kind = found;
  switch (error) {
    case 0:
      *pollability = Pollability::kPollable;
      return {};
    case EPERM:
      // read(2): a directory is EISDIR, whatever poll(2) says of it.
      *pollability = *kind == FileKind::kDirectory ? Pollability::kUnsupported : Pollability::kAlwaysReady;
      return {};
    case EBADF:
      // open(2): a descriptor opened with O_PATH tells its status and takes no other call.
      *pollability = Pollability::kUnsupported;
      return {};
    default:
      return {error, "epoll_ctl"};
  }
}

SysError PeerCredentials(int fd, Credentials* credentials) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return {errno, "getsockopt"};
  // unix(7): a socket that was never connected has no peer, and uid and gid −1.
  if (peer.pid == 0 && peer.uid == static_cast<uid_t>(-1)) return {ENOTCONN, "getsockopt"};
  *credentials = {peer.pid, peer.uid, peer.gid};
  return {};
}

bool HasAbstractNames() { return true; }

SocketOptionList OsOptions() { return {kOsOptions, sizeof kOsOptions / sizeof kOsOptions[0]}; }

}  // namespace pollux
