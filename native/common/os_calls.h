// The contract between pollux/sys and a kernel: the calls that differ between kernels.
//
// native/linux and native/bsd define the functions below, in this order. No JavaScript type appears
// here. All may be called from any thread. Each repeats its system call after EINTR, writes its
// results only when it succeeds, and returns the error of the system call otherwise; EAGAIN says
// that the call would have blocked.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "sys_error.h"

namespace pollux {

struct SocketOption;
class WriteState;

// What fstat(2) calls a file, in the words of JavaScript's classify().
enum class FileKind {
  kRegularFile,
  kDirectory,
  kPipe,
  kSocket,
  kTerminal,
  kCharacterDevice,
  kBlockDevice,
  kSymbolicLink,
  kKernelObject,  // no file type: eventfd, timerfd, a poller, …
};

enum class Pollability {
  kPollable,     // a poller takes it
  kAlwaysReady,  // a poller refuses it, and reading and writing it never blocks
  kUnsupported,  // it can be neither waited for nor read nor written
};

// Does: makes a socket of `domain` and `type` (AF_*, SOCK_*), non-blocking and close-on-exec, whose
// sends raise no SIGPIPE where the kernel has an option for that.
SysError OpenSocket(int domain, int type, int* fd);

// Does: makes two connected unix sockets of `type`, as OpenSocket() does.
SysError OpenSocketPair(int type, int fds[2]);

// Does: makes a pipe, both ends non-blocking and close-on-exec; fds[0] reads.
SysError OpenPipe(int fds[2]);

// Does: takes the next connection of a listening socket, non-blocking and close-on-exec. Guarantees:
// connections that were lost while they queued are passed over, up to 4096 in a row.
SysError AcceptConnection(int fd, int* accepted);

// Does: writes `parts`, 1 or more, as writev(2) does. Guarantees: EPIPE comes without SIGPIPE, whatever
// the process does about that signal, and nothing that outlasts the call is changed for that.
// Returns: as writev(2), with errno.
ssize_t WriteParts(int fd, const iovec* parts, int count, WriteState& state);

// Does: copies up to `count` bytes of the file `in` to the socket `out` inside the kernel, from
// `offset`, or from the file's position, which it then moves, where `offset` is −1. Guarantees: bytes
// that were sent are counted, whatever ended the call; a `count` of 0 sends nothing; no SIGPIPE, as above.
// Returns: ENOSYS where the kernel has no such call.
SysError SendFile(int out, int in, int64_t offset, size_t count, const WriteState& state, size_t* sent);

// Does: moves up to `count` bytes from `in` to `out`, one of which is a pipe, without blocking on the
// pipe. An offset of −1: none given. `more`: more will follow soon. Guarantees: no SIGPIPE, as above.
// Returns: ENOSYS where the kernel has no such call.
SysError Splice(int in, int64_t in_offset, int out, int64_t out_offset, size_t count, bool more,
                const WriteState& state, size_t* moved);

// Does: makes a pseudoterminal, non-blocking and close-on-exec, and unlocks its other side, whose path
// is written to `path`, with a NUL. Returns: ENAMETOOLONG where it is longer than `size` allows.
SysError OpenPseudoterminal(int* fd, char* path, size_t size);

// Does: makes an inotify instance, non-blocking and close-on-exec.
// Returns: ENOSYS where the kernel has none; the same of the two below.
SysError OpenInotify(int* fd);

// Does: adds the file `path` to the inotify instance `fd`, or changes what is asked of it.
SysError AddInotifyWatch(int fd, const char* path, uint32_t mask, int* watch);

SysError RemoveInotifyWatch(int fd, int watch);

// Does: finds out what `fd` is. Guarantees: opens nothing, so that it works at the limit of descriptors.
SysError FindKind(int fd, FileKind* kind);

// Does: finds out what `fd` is and whether a poller takes it. Guarantees: leaves nothing open, reads
// and changes nothing of the file.
SysError Classify(int fd, FileKind* kind, Pollability* pollability);

// Does: writes the symbolic name of the error `code`, a static string, and what it means to `text`,
// with a NUL. Returns: false where this kernel has no error of that number, or every system has it.
bool DescribeError(int code, const char** name, char* text, size_t size);

// Returns: whether a unix address may be an abstract name.
bool HasAbstractNames();

// Returns: the option of this kernel that JavaScript knows as `name`, or nullptr.
const SocketOption* FindOsOption(const char* name);

}  // namespace pollux
