// The contract between pollux/sys and an operating system: all that pollux/sys does with a descriptor, except the calls
// of the socket interface that are the same everywhere (bind, connect, recv, getsockopt, …).
//
// native/posix defines what Linux and the BSDs do alike, native/linux and native/bsd what they do differently
// (os_*.cc). No JavaScript type appears here. All functions may be called from any thread. Each repeats its system call
// after EINTR, writes its results only when it succeeds, and returns the error of the system call otherwise; EAGAIN
// says that the call would have blocked.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "sys_error.h"

namespace pollux {

struct Credentials;
struct SocketOptionList;
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
  kUnsupported,  // a poller refuses it, and it cannot be read and written, or may block
};

// What open(2) was told.
enum class Access { kRead, kWrite, kBoth };

// Each family of operating systems defines the functions from here on in a file of its own:
// native/posix/descriptors.cc.

// Does: opens the file `path`, non-blocking and close-on-exec, never as a controlling terminal. `flags`: O_*.
SysError OpenFile(const char* path, int flags, int* fd);

// Does: closes `fd`. Guarantees: the number is free afterwards, whatever a signal did to the call.
SysError CloseDescriptor(int fd);

// Does: makes another number of the same open file, close-on-exec.
SysError Duplicate(int fd, int* copy);

SysError SetNonBlocking(int fd, bool on);
SysError IsNonBlocking(int fd, bool* on);
SysError FindAccess(int fd, Access* access);

// Does: tells how many bytes a read would find. Returns: EOVERFLOW where they are more than an int counts.
SysError CountReadable(int fd, int* count);

// Does: reads as read(2) and readv(2) do. Returns: as they do, with errno.
ssize_t ReadInto(int fd, void* data, size_t length);
ssize_t ReadParts(int fd, const iovec* parts, int count);

SysError GetWindowSize(int fd, unsigned short* columns, unsigned short* rows);
SysError SetWindowSize(int fd, unsigned short columns, unsigned short rows);

// Returns: whether a read of the terminal `fd` that returned 0 means the end of the terminal, and not a lack of input.
bool HasTerminalEnded(int fd);

// Each kernel defines the functions from here on: os_*.cc.

// Does: makes a socket of `domain` and `type` (AF_*, SOCK_*) and `protocol` (0: the usual one), non-blocking and
// close-on-exec, whose sends raise no SIGPIPE where the kernel has an option for that.
SysError OpenSocket(int domain, int type, int protocol, int* fd);

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

// Does: finds out who is connected to the unix socket `fd`. Returns: ENOTCONN where nobody is.
SysError PeerCredentials(int fd, Credentials* credentials);

// Returns: whether a unix address may be an abstract name.
bool HasAbstractNames();

// Returns: the socket options that only this kernel has, or has under a name of its own.
SocketOptionList OsOptions();

}  // namespace pollux
