// The names of Linux's errors.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/os_calls.h"

namespace pollux {
namespace {

struct NamedError {
  int code;
  const char* name;
};

// errno(3), asm-generic/errno.h. The numbers differ between architectures, so the headers give them.
#define NAMED(name) {name, #name}
constexpr NamedError kErrors[] = {
    NAMED(EPERM),
    NAMED(ENOENT),
    NAMED(ESRCH),
    NAMED(EINTR),
    NAMED(EIO),
    NAMED(ENXIO),
    NAMED(E2BIG),
    NAMED(ENOEXEC),
    NAMED(EBADF),
    NAMED(ECHILD),
    NAMED(EAGAIN),
    NAMED(ENOMEM),
    NAMED(EACCES),
    NAMED(EFAULT),
    NAMED(ENOTBLK),
    NAMED(EBUSY),
    NAMED(EEXIST),
    NAMED(EXDEV),
    NAMED(ENODEV),
    NAMED(ENOTDIR),
    NAMED(EISDIR),
    NAMED(EINVAL),
    NAMED(ENFILE),
    NAMED(EMFILE),
    NAMED(ENOTTY),
    NAMED(ETXTBSY),
    NAMED(EFBIG),
    NAMED(ENOSPC),
    NAMED(ESPIPE),
    NAMED(EROFS),
    NAMED(EMLINK),
    NAMED(EPIPE),
    NAMED(EDOM),
    NAMED(ERANGE),
    NAMED(EDEADLK),
    NAMED(ENAMETOOLONG),
    NAMED(ENOLCK),
    NAMED(ENOSYS),
    NAMED(ENOTEMPTY),
    NAMED(ELOOP),
    NAMED(ENOMSG),
    NAMED(EIDRM),
    NAMED(ECHRNG),
    NAMED(EL2NSYNC),
    NAMED(EL3HLT),
    NAMED(EL3RST),
    NAMED(ELNRNG),
    NAMED(EUNATCH),
    NAMED(ENOCSI),
    NAMED(EL2HLT),
    NAMED(EBADE),
    NAMED(EBADR),
    NAMED(EXFULL),
    NAMED(ENOANO),
    NAMED(EBADRQC),
    NAMED(EBADSLT),
    NAMED(EBFONT),
    NAMED(ENOSTR),
    NAMED(ENODATA),
    NAMED(ETIME),
    NAMED(ENOSR),
    NAMED(ENONET),
    NAMED(ENOPKG),
    NAMED(EREMOTE),
    NAMED(ENOLINK),
    NAMED(EADV),
    NAMED(ESRMNT),
    NAMED(ECOMM),
    NAMED(EPROTO),
    NAMED(EMULTIHOP),
    NAMED(EDOTDOT),
    NAMED(EBADMSG),
    NAMED(EOVERFLOW),
    NAMED(ENOTUNIQ),
    NAMED(EBADFD),
    NAMED(EREMCHG),
    NAMED(ELIBACC),
    NAMED(ELIBBAD),
    NAMED(ELIBSCN),
    NAMED(ELIBMAX),
    NAMED(ELIBEXEC),
    NAMED(EILSEQ),
    NAMED(ERESTART),
    NAMED(ESTRPIPE),
    NAMED(EUSERS),
    NAMED(ENOTSOCK),
    NAMED(EDESTADDRREQ),
    NAMED(EMSGSIZE),
    NAMED(EPROTOTYPE),
    NAMED(ENOPROTOOPT),
    NAMED(EPROTONOSUPPORT),
    NAMED(ESOCKTNOSUPPORT),
    NAMED(EOPNOTSUPP),
    NAMED(EPFNOSUPPORT),
    NAMED(EAFNOSUPPORT),
    NAMED(EADDRINUSE),
    NAMED(EADDRNOTAVAIL),
    NAMED(ENETDOWN),
    NAMED(ENETUNREACH),
    NAMED(ENETRESET),
    NAMED(ECONNABORTED),
    NAMED(ECONNRESET),
    NAMED(ENOBUFS),
    NAMED(EISCONN),
    NAMED(ENOTCONN),
    NAMED(ESHUTDOWN),
    NAMED(ETOOMANYREFS),
    NAMED(ETIMEDOUT),
    NAMED(ECONNREFUSED),
    NAMED(EHOSTDOWN),
    NAMED(EHOSTUNREACH),
    NAMED(EALREADY),
    NAMED(EINPROGRESS),
    NAMED(ESTALE),
    NAMED(EUCLEAN),
    NAMED(ENOTNAM),
    NAMED(ENAVAIL),
    NAMED(EISNAM),
    NAMED(EREMOTEIO),
    NAMED(EDQUOT),
    NAMED(ENOMEDIUM),
    NAMED(EMEDIUMTYPE),
    NAMED(ECANCELED),
    NAMED(ENOKEY),
    NAMED(EKEYEXPIRED),
    NAMED(EKEYREVOKED),
    NAMED(EKEYREJECTED),
    NAMED(EOWNERDEAD),
    NAMED(ENOTRECOVERABLE),
    NAMED(ERFKILL),
    NAMED(EHWPOISON),
    NAMED(EDEADLOCK),  // its own number on PowerPC
};
#undef NAMED

struct InternalError {
  int code;
  const char* name;
  const char* text;
};

// linux/errno.h of the kernel: programs should never see these errors, but some drivers and file systems return them.
constexpr InternalError kInternalErrors[] = {
    {512, "ERESTARTSYS", "interrupted system call should be restarted"},
    {513, "ERESTARTNOINTR", "interrupted system call should be restarted"},
    {514, "ERESTARTNOHAND", "interrupted system call should be restarted unless a handler ran"},
    {515, "ENOIOCTLCMD", "no such ioctl command"},
    {516, "ERESTART_RESTARTBLOCK", "interrupted system call should be restarted by restart_syscall"},
    {517, "EPROBE_DEFER", "driver requests that the probe is retried"},
    {518, "EOPENSTALE", "the open found a stale directory entry"},
    {519, "ENOPARAM", "parameter not supported"},
    {521, "EBADHANDLE", "illegal NFS file handle"},
    {522, "ENOTSYNC", "update synchronization mismatch"},
    {523, "EBADCOOKIE", "cookie is stale"},
    {524, "ENOTSUPP", "operation is not supported"},
    {525, "ETOOSMALL", "buffer or request is too small"},
    {526, "ESERVERFAULT", "an untranslatable error occurred"},
    {527, "EBADTYPE", "type not supported by server"},
    {528, "EJUKEBOX", "request initiated, but will not complete before the timeout"},
    {529, "EIOCBQUEUED", "request queued, its completion will be reported"},
    {530, "ERECALLCONFLICT", "conflict with recalled state"},
    {531, "ENOGRACE", "NFS file lock reclaim refused"},
};

// strerror_r(3) of glibc returns the text, that of POSIX says whether it has written it.
[[maybe_unused]] const char* TextFrom(const char* result, const char*) { return result; }
[[maybe_unused]] const char* TextFrom(int result, const char* text) { return result == 0 ? text : ""; }

}  // namespace

bool DescribeError(int code, const char** name, char* text, size_t size) {
  for (const InternalError& error : kInternalErrors) {
    if (error.code != code) continue;
    *name = error.name;
    snprintf(text, size, "%s", error.text);
    return true;
  }
  for (const NamedError& error : kErrors) {
    if (error.code != code) continue;
    *name = error.name;
    char buffer[128] = "";
    snprintf(text, size, "%s", TextFrom(strerror_r(code, buffer, sizeof buffer), buffer));
    return true;
  }
  return false;
}

}  // namespace pollux
