// System calls on descriptors of the program under test.
//
// A kernel may look at a descriptor while another thread closes it; to ThreadSanitizer, which intercepts the functions
// of libc, the same from a library is a race. The simulator plays the kernel and makes these calls without libc.
#ifndef KQUEUE_SIMULATOR_KERNEL_CALLS_H
#define KQUEUE_SIMULATOR_KERNEL_CALLS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace simulator {

inline int EpollControl(int set, int operation, int fd, epoll_event* event) {
  return static_cast<int>(syscall(SYS_epoll_ctl, set, operation, fd, event));
}

// Does not wait.
inline int EpollTake(int set, epoll_event* events, int capacity) {
  return static_cast<int>(syscall(SYS_epoll_pwait, set, events, capacity, 0, nullptr, 0));
}

// An ioctl(2) that writes an int. Returns `otherwise` when the descriptor does not know the request.
inline int AskInt(int fd, unsigned long request, int otherwise) {
  int value = 0;
  return syscall(SYS_ioctl, fd, request, &value) == 0 ? value : otherwise;
}

// The size of the datagram at the peek offset, or -1.
inline int64_t PeekDatagram(int fd) {
  char byte;
  return syscall(SYS_recvfrom, fd, &byte, sizeof byte, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, nullptr, nullptr);
}

// What the descriptor was opened for on Linux. fcntl(2) itself answers as the personality does.
inline int AccessOf(int fd) { return static_cast<int>(syscall(SYS_fcntl, fd, F_GETFL)) & O_ACCMODE; }

inline bool Stat(int fd, struct stat* info) { return fstatat(fd, "", info, AT_EMPTY_PATH) == 0; }

}  // namespace simulator

#endif
