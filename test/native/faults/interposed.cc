// Functions with the names of those of libc that pollux.node calls, which stand in front of libc's own. A call that
// does not come from pollux.node is passed on to libc. For the thread of JavaScript only: the tests have no other.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

namespace faults {

CallState states[kCalls];
uintptr_t watched_begin = 0;
uintptr_t watched_end = 0;

namespace {

// The errno that this call is to fail with; 0: it is passed on to libc.
int Verdict(Call call, const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  if (address < watched_begin || address >= watched_end) return 0;
  CallState& state = states[call];
  const int nth = ++state.count;
  for (int i = 0; i < state.plans; i++) {
    const Plan& plan = state.plan[i];
    if (nth >= plan.first && nth < plan.first + plan.times) return plan.error;
  }
  return 0;
}

// libc's function of that name. dlsym() may allocate before it has found malloc.
template <typename Function>
Function Next(Function* known, const char* name) {
  if (*known == nullptr) *known = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  return *known;
}

alignas(16) char early_memory[65536];
size_t early_used = 0;
bool is_resolving = false;

void* EarlyAllocation(size_t size) {
  const size_t rounded = (size + 15) & ~static_cast<size_t>(15);
  if (rounded > sizeof early_memory - early_used) return nullptr;
  void* memory = early_memory + early_used;
  early_used += rounded;
  return memory;
}

bool IsEarly(const void* memory) { return memory >= early_memory && memory < early_memory + sizeof early_memory; }

template <typename Function>
Function NextAllocator(Function* known, const char* name) {
  if (*known == nullptr && !is_resolving) {
    is_resolving = true;
    Next(known, name);
    is_resolving = false;
  }
  return *known;
}

}  // namespace
}  // namespace faults

using namespace faults;

#define EXPORT extern "C" __attribute__((visibility("default")))

#define INTERPOSE(call, result, name, parameters, arguments)      \
  EXPORT result name parameters {                                 \
    static result(*next) parameters = nullptr;                    \
    const int error = Verdict(call, __builtin_return_address(0)); \
    if (error == 0) return Next(&next, #name) arguments;          \
    errno = error;                                                \
    return -1;                                                    \
  }

INTERPOSE(kEpollCreate1, int, epoll_create1, (int flags), (flags))
INTERPOSE(kEpollCtl, int, epoll_ctl, (int epoll, int operation, int fd, epoll_event* event),
          (epoll, operation, fd, event))
INTERPOSE(kEpollWait, int, epoll_wait, (int epoll, epoll_event* events, int most, int timeout),
          (epoll, events, most, timeout))
INTERPOSE(kEventfd, int, eventfd, (unsigned initial, int flags), (initial, flags))
INTERPOSE(kWrite, ssize_t, write, (int fd, const void* bytes, size_t size), (fd, bytes, size))
// The calls that pollux makes in place of write(2).
INTERPOSE(kWrite, ssize_t, send, (int fd, const void* bytes, size_t size, int flags), (fd, bytes, size, flags))
INTERPOSE(kWrite, ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
INTERPOSE(kRead, ssize_t, read, (int fd, void* bytes, size_t size), (fd, bytes, size))
INTERPOSE(kSocket, int, socket, (int family, int type, int protocol), (family, type, protocol))
INTERPOSE(kAccept4, int, accept4, (int fd, sockaddr* address, socklen_t* size, int flags), (fd, address, size, flags))
INTERPOSE(kAccept, int, accept, (int fd, sockaddr* address, socklen_t* size), (fd, address, size))
INTERPOSE(kSocketpair, int, socketpair, (int family, int type, int protocol, int* fds), (family, type, protocol, fds))
INTERPOSE(kPipe2, int, pipe2, (int* fds, int flags), (fds, flags))
INTERPOSE(kConnect, int, connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))

INTERPOSE(kInotifyInit1, int, inotify_init1, (int flags), (flags))
INTERPOSE(kInotifyInit, int, inotify_init, (), ())
INTERPOSE(kTimerfdCreate, int, timerfd_create, (int clock, int flags), (clock, flags))

// node-gyp makes open64() of open(), so that offsets have 64 bits.
EXPORT int open64(const char* path, int flags, ...) {
  static int (*next)(const char*, int, ...) = nullptr;
  va_list list;
  va_start(list, flags);
  const unsigned mode = va_arg(list, unsigned);
  va_end(list);
  const int error = Verdict(kOpen, __builtin_return_address(0));
  if (error == 0) return Next(&next, "open64")(path, flags, mode);
  errno = error;
  return -1;
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  static int (*next)(int, unsigned long, ...) = nullptr;
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  const int error = Verdict(kIoctl, __builtin_return_address(0));
  if (error == 0) return Next(&next, "ioctl")(fd, request, argument);
  errno = error;
  return -1;
}

// pthread_create(3) returns its error and does not set errno.
EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  static int (*next)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) = nullptr;
  const int error = Verdict(kPthreadCreate, __builtin_return_address(0));
  return error == 0 ? Next(&next, "pthread_create")(thread, attributes, start, argument) : error;
}

EXPORT long syscall(long number, ...) {
  static long (*next)(long, ...) = nullptr;
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& value : argument) value = va_arg(list, long);
  va_end(list);
  int error = 0;
  if (number == SYS_epoll_pwait2) error = Verdict(kEpollPwait2, __builtin_return_address(0));
  if (number == SYS_pwritev2) error = Verdict(kWrite, __builtin_return_address(0));
  if (number == SYS_pidfd_open) error = Verdict(kPidfdOpen, __builtin_return_address(0));
  if (error == 0) {
    return Next(&next, "syscall")(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
  }
  errno = error;
  return -1;
}

EXPORT void* malloc(size_t size) {
  static void* (*next)(size_t) = nullptr;
  if (Verdict(kMalloc, __builtin_return_address(0)) != 0) return nullptr;
  auto* real = NextAllocator(&next, "malloc");
  return real == nullptr ? EarlyAllocation(size) : real(size);
}

EXPORT void* calloc(size_t count, size_t size) {
  static void* (*next)(size_t, size_t) = nullptr;
  if (Verdict(kCalloc, __builtin_return_address(0)) != 0) return nullptr;
  auto* real = NextAllocator(&next, "calloc");
  return real == nullptr ? EarlyAllocation(count * size) : real(count, size);
}

EXPORT void* realloc(void* memory, size_t size) {
  static void* (*next)(void*, size_t) = nullptr;
  if (Verdict(kRealloc, __builtin_return_address(0)) != 0) return nullptr;
  auto* real = NextAllocator(&next, "realloc");
  if (real != nullptr && !IsEarly(memory)) return real(memory, size);
  void* moved = real == nullptr ? EarlyAllocation(size) : real(nullptr, size);
  if (moved == nullptr || memory == nullptr) return moved;
  const char* end = early_memory + sizeof early_memory;
  const auto most = static_cast<size_t>(end - static_cast<char*>(memory));
  return memcpy(moved, memory, size < most ? size : most);
}

EXPORT void free(void* memory) {
  static void (*next)(void*) = nullptr;
  if (IsEarly(memory)) return;
  auto* real = NextAllocator(&next, "free");
  // dlsym() itself calls free() while it looks for free: this memory is not freed.
  if (real != nullptr) real(memory);
}
