// A seccomp(2) filter that refuses one system call to this process, for good.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <node_api.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

// A call, or those of its uses in which one argument has a value under a mask.
typedef struct {
  const char* name;
  unsigned number;
  unsigned argument;
  unsigned mask;  // 0: every use
  unsigned value;
} Call;

#define SOCKET_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static const Call kCalls[] = {
    {"epoll_create1", SYS_epoll_create1, 0, 0, 0},
#ifdef SYS_epoll_wait
    {"epoll_wait", SYS_epoll_wait, 0, 0, 0},
#endif
    {"epoll_pwait2", SYS_epoll_pwait2, 0, 0, 0},
    {"epoll_ctl", SYS_epoll_ctl, 0, 0, 0},
    {"eventfd2", SYS_eventfd2, 0, 0, 0},
    {"accept4", SYS_accept4, 0, 0, 0},
    {"pipe2", SYS_pipe2, 0, 0, 0},
    {"statx", SYS_statx, 0, 0, 0},
    {"inotify_init1", SYS_inotify_init1, 0, 0, 0},
    {"inotify_add_watch", SYS_inotify_add_watch, 0, 0, 0},
    {"socket flags", SYS_socket, 1, SOCKET_FLAGS, SOCKET_FLAGS},
    {"socketpair flags", SYS_socketpair, 1, SOCKET_FLAGS, SOCKET_FLAGS},
    {"fcntl F_DUPFD_CLOEXEC", SYS_fcntl, 1, 0xffffffff, F_DUPFD_CLOEXEC},
    {"pwritev2", SYS_pwritev2, 0, 0, 0},
    {"sendto", SYS_sendto, 0, 0, 0},
    {"sendmsg", SYS_sendmsg, 0, 0, 0},
    {"sendfile", SYS_sendfile, 0, 0, 0},
    {"splice", SYS_splice, 0, 0, 0},
    {"clock_nanosleep", SYS_clock_nanosleep, 0, 0, 0},
    {"getrandom", SYS_getrandom, 0, 0, 0},
    {"readv", SYS_readv, 0, 0, 0},
    {"recvmsg", SYS_recvmsg, 0, 0, 0},
    {"ioctl TIOCGPTN", SYS_ioctl, 1, 0xffffffff, 0x80045430},
};

static napi_value Fail(napi_env env, const char* message) {
  napi_throw_error(env, "ERR_SANDBOX", message);
  return NULL;
}

// refuse(name, errno): every thread of this process hears `errno` from that call from here on
static napi_value Refuse(napi_env env, napi_callback_info info) {
  napi_value values[2];
  size_t count = 2;
  char name[64] = "";
  unsigned code = 0;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  napi_get_value_string_utf8(env, values[0], name, sizeof name, NULL);
  napi_get_value_uint32(env, values[1], &code);
  const Call* call = NULL;
  for (size_t i = 0; i < sizeof kCalls / sizeof *kCalls; i++) {
    if (strcmp(kCalls[i].name, name) == 0) call = &kCalls[i];
  }
  if (call == NULL) return Fail(env, "no such call");
  // The low half of an argument comes first where bytes are little-endian.
  const unsigned half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 8 * call->argument + half),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call->mask),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Fail(env, strerror(errno));
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
    return Fail(env, strerror(errno));
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "refuse", NAPI_AUTO_LENGTH, Refuse, NULL, &function);
  napi_set_named_property(env, exports, "refuse", function);
  return exports;
}
