// Descriptors and signals that neither Node nor pollux/sys makes, for the tests. Every function
// takes numbers, or one path, and throws an Error whose code is the name of the failed call.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <node_api.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#define MOST_ARGUMENTS 3

typedef struct {
  double number[MOST_ARGUMENTS];
  char path[4096];
} Input;

static Input Read(napi_env env, napi_callback_info info) {
  Input input;
  memset(&input, 0, sizeof input);
  napi_value values[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  for (size_t i = 0; i < count && i < MOST_ARGUMENTS; i++) {
    if (napi_get_value_double(env, values[i], &input.number[i]) == napi_ok) continue;
    napi_get_value_string_utf8(env, values[i], input.path, sizeof input.path, NULL);
  }
  return input;
}

static napi_value Result(napi_env env, long value, const char* call) {
  if (value < 0) {
    napi_throw_error(env, call, strerror(errno));
    return NULL;
  }
  napi_value result;
  napi_create_int64(env, value, &result);
  return result;
}

// eventFd(initial)
static napi_value EventFd(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  return Result(env, eventfd((unsigned)input.number[0], EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
}

// timerFd(delayMs)
static napi_value TimerFd(napi_env env, napi_callback_info info) {
  const long delay_ns = (long)(Read(env, info).number[0] * 1e6);
  const struct itimerspec when = {{0, 0}, {delay_ns / 1000000000, delay_ns % 1000000000}};
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd >= 0) timerfd_settime(fd, 0, &when, NULL);
  return Result(env, fd, "timerfd_create");
}

// inotify(path): of everything that happens in the directory
static napi_value Inotify(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd >= 0) inotify_add_watch(fd, input.path, IN_CREATE | IN_DELETE);
  return Result(env, fd, "inotify_init1");
}

// pidFd(pid)
static napi_value PidFd(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  return Result(env, syscall(SYS_pidfd_open, (pid_t)input.number[0], 0), "pidfd_open");
}

// rawSocket(family, type, protocol)
static napi_value RawSocket(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  const int type = (int)input.number[1] | SOCK_NONBLOCK | SOCK_CLOEXEC;
  return Result(env, socket((int)input.number[0], type, (int)input.number[2]), "socket");
}

// makeFifo(path)
static napi_value MakeFifo(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  return Result(env, mkfifo(input.path, 0600), "mkfifo");
}

// openFile(path, flags): close-on-exec
static napi_value OpenFile(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  return Result(env, open(input.path, (int)input.number[1] | O_CLOEXEC, 0600), "open");
}

// ptyMaster()
static napi_value PtyMaster(napi_env env, napi_callback_info info) {
  (void)info;
  const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0 && (grantpt(fd) < 0 || unlockpt(fd) < 0)) return Result(env, -1, "unlockpt");
  return Result(env, fd, "posix_openpt");
}

// ptySlave(master): raw, so that what is written is readable without a newline, and no echo
static napi_value PtySlave(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  const char* name = ptsname((int)input.number[0]);
  const int fd = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct termios mode;
  if (fd >= 0 && tcgetattr(fd, &mode) == 0) {
    cfmakeraw(&mode);
    tcsetattr(fd, TCSANOW, &mode);
  }
  return Result(env, fd, "open");
}

// terminalMode(fd, canonical, vmin): how reads of a terminal end
static napi_value TerminalMode(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  const int fd = (int)input.number[0];
  struct termios mode;
  if (tcgetattr(fd, &mode) < 0) return Result(env, -1, "tcgetattr");
  if (input.number[1] != 0) {
    mode.c_lflag |= ICANON;
    mode.c_cc[VEOF] = 4;
  } else {
    mode.c_lflag &= ~(tcflag_t)ICANON;
    mode.c_cc[VMIN] = (cc_t)input.number[2];
    mode.c_cc[VTIME] = 0;
  }
  return Result(env, tcsetattr(fd, TCSANOW, &mode), "tcsetattr");
}

// dup2(from, to)
static napi_value Dup2(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  return Result(env, dup3((int)input.number[0], (int)input.number[1], O_CLOEXEC), "dup3");
}

// poll(fd, events, timeoutMs): revents
static napi_value Poll(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  struct pollfd entry = {(int)input.number[0], (short)input.number[1], 0};
  if (poll(&entry, 1, (int)input.number[2]) < 0) return Result(env, -1, "poll");
  return Result(env, (unsigned short)entry.revents, "poll");
}

// alarmEvery(microseconds): SIGALRM at that interval, to the main thread; 0 stops it
static napi_value AlarmEvery(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  const struct timeval interval = {0, (suseconds_t)input.number[0]};
  const struct itimerval timer = {interval, interval};
  return Result(env, setitimer(ITIMER_REAL, &timer, NULL), "setitimer");
}

// limitDescriptors(most): the former soft limit
static napi_value LimitDescriptors(napi_env env, napi_callback_info info) {
  const Input input = Read(env, info);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return Result(env, -1, "getrlimit");
  const long former = (long)limit.rlim_cur;
  limit.rlim_cur = (rlim_t)input.number[0];
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return Result(env, -1, "setrlimit");
  return Result(env, former, "setrlimit");
}

// mallocBytes(): what malloc has handed out, in all threads; 0 where the C library does not say
static napi_value MallocBytes(napi_env env, napi_callback_info info) {
  (void)info;
#ifdef __GLIBC__
  const struct mallinfo2 memory = mallinfo2();
  return Result(env, (long)(memory.uordblks + memory.hblkhd), "mallinfo2");
#else
  return Result(env, 0, "mallinfo2");
#endif
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {
      {"eventFd", EventFd},
      {"timerFd", TimerFd},
      {"inotify", Inotify},
      {"pidFd", PidFd},
      {"rawSocket", RawSocket},
      {"makeFifo", MakeFifo},
      {"ptyMaster", PtyMaster},
      {"ptySlave", PtySlave},
      {"dup2", Dup2},
      {"terminalMode", TerminalMode},
      {"poll", Poll},
      {"alarmEvery", AlarmEvery},
      {"mallocBytes", MallocBytes},
      {"limitDescriptors", LimitDescriptors},
      {"openFile", OpenFile},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
