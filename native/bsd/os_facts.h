// What differs between the kernels in the calls of pollux/sys, each fact with its source.
#pragma once

#include <sys/types.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <termios.h>

#include <cstddef>
#include <cstdint>

#include "../common/socket_options.h"

namespace pollux {

// socket(2): types take SOCK_NONBLOCK and SOCK_CLOEXEC, and accept4(2) and pipe2(2) exist, on
// FreeBSD 10, NetBSD 8 and OpenBSD 5.7; not on macOS, where another thread's fork() and exec can
// come between the call and fcntl(2).
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
constexpr int kSocketFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
inline int AcceptFrom(int fd) { return accept4(fd, nullptr, nullptr, kSocketFlags); }
constexpr const char* kAcceptName = "accept4";
#else
constexpr int kSocketFlags = 0;
inline int AcceptFrom(int fd) { return accept(fd, nullptr, nullptr); }
constexpr const char* kAcceptName = "accept";
#endif

// setsockopt(2): macOS, FreeBSD and NetBSD; OpenBSD has MSG_NOSIGNAL only.
#ifdef SO_NOSIGPIPE
constexpr int kNoSignalOption = SO_NOSIGPIPE;
#else
constexpr int kNoSignalOption = 0;
#endif

// sendfile(2) of FreeBSD and of macOS: what was sent is counted in `*sent` whatever the call
// returns; a count of 0 means up to the end of the file. NetBSD and OpenBSD have none.
inline int SendFrom([[maybe_unused]] int in, [[maybe_unused]] int out, [[maybe_unused]] off_t offset,
                    [[maybe_unused]] size_t count, off_t* sent) {
#if defined(__FreeBSD__) || defined(__DragonFly__)
  return sendfile(in, out, offset, count, nullptr, sent, 0);
#elif defined(__APPLE__)
  *sent = static_cast<off_t>(count);
  const int result = sendfile(in, out, offset, sent, nullptr, 0);
  // sendfile(2) of macOS: it has sent a part where it would block or was interrupted. After an early
  // failure the number may still be what was asked for (XNU bsd/kern/uipc_syscalls.c, sendfile).
  if (result < 0 && errno != EAGAIN && errno != EINTR) *sent = 0;
  return result;
#else
  *sent = 0;
  errno = ENOSYS;
  return -1;
#endif
}

// unix(4) of macOS: the process that has connected. −1: the kernel does not say.
inline int32_t PeerProcess([[maybe_unused]] int fd) {
#if defined(SOL_LOCAL) && defined(LOCAL_PEERPID)
  pid_t pid = 0;
  socklen_t size = sizeof pid;
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &size) == 0) return pid;
#endif
  return -1;
}

// tcp(4). TCP_NOPUSH is what Linux calls TCP_CORK; macOS calls TCP_KEEPIDLE TCP_KEEPALIVE.
constexpr SocketOption kOsOptions[] = {
#ifdef TCP_NOPUSH
    {"cork", IPPROTO_TCP, TCP_NOPUSH, OptionKind::kFlag},
#endif
#ifdef TCP_FASTOPEN
    {"fastOpen", IPPROTO_TCP, TCP_FASTOPEN, OptionKind::kNumber},
#endif
#ifdef TCP_KEEPCNT
    {"keepAliveCount", IPPROTO_TCP, TCP_KEEPCNT, OptionKind::kNumber},
#endif
#if defined(TCP_KEEPIDLE)
    {"keepAliveIdle", IPPROTO_TCP, TCP_KEEPIDLE, OptionKind::kNumber},
#elif defined(TCP_KEEPALIVE)
    {"keepAliveIdle", IPPROTO_TCP, TCP_KEEPALIVE, OptionKind::kNumber},
#endif
#ifdef TCP_KEEPINTVL
    {"keepAliveInterval", IPPROTO_TCP, TCP_KEEPINTVL, OptionKind::kNumber},
#endif
    {"maxSegment", IPPROTO_TCP, TCP_MAXSEG, OptionKind::kNumber},
#ifdef TCP_NOTSENT_LOWAT
    {"notSentLowWater", IPPROTO_TCP, TCP_NOTSENT_LOWAT, OptionKind::kNumber},
#endif
    {"timestamps", SOL_SOCKET, SO_TIMESTAMP, OptionKind::kFlag},
};

// IOSSIOSPEED of IOKit/serial/ioss.h: macOS refuses rates beyond those of its list in tcsetattr(3), and takes them
// here.
#ifdef __APPLE__
constexpr unsigned long kDriverRateRequest = _IOW('T', 2, speed_t);
#else
constexpr unsigned long kDriverRateRequest = 0;
#endif

}  // namespace pollux
