// The calls of pollux/sys that write, on Linux: none of them raises SIGPIPE, also where the host does not ignore the
// signal.
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>

#include "../common/os_calls.h"
#include "../common/retry.h"
#include "../common/write_state.h"
#include "../posix/pipe_signal.h"

namespace pollux {
namespace {

// pwritev2(2), Linux 6.18: the write raises no SIGPIPE.
constexpr int kRwfNosignal = 0x100;

enum class Support { kUnknown, kPresent, kMissing };
std::atomic<Support> nosignal_support{Support::kUnknown};

ssize_t WriteFlagged([[maybe_unused]] int fd, [[maybe_unused]] const iovec* parts, [[maybe_unused]] int count) {
#ifdef SYS_pwritev2
  // An offset of −1, in both of its halves: the file's position, which then moves.
  return syscall(SYS_pwritev2, fd, parts, count, -1L, -1L, kRwfNosignal);
#else
  errno = ENOSYS;
  return -1;
#endif
}

// A kernel without the flag, and a file that takes no flags, both say EOPNOTSUPP. A pipe takes them.
bool HasNosignal() {
  const Support known = nosignal_support.load(std::memory_order_relaxed);
  if (known != Support::kUnknown) return known == Support::kPresent;
  int ends[2];
  // Without free descriptors the kernel cannot be asked now.
  if (OpenPipe(ends)) return false;
  char byte = 0;
  const iovec part = {&byte, 1};
  const bool has = WriteFlagged(ends[1], &part, 1) == 1;
  for (const int end : ends) close(end);
  nosignal_support.store(has ? Support::kPresent : Support::kMissing, std::memory_order_relaxed);
  return has;
}

ssize_t Send(int fd, const iovec* parts, int count) {
  if (count == 1) return send(fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<size_t>(count);
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

ssize_t Write(int fd, const iovec* parts, int count) {
  return count == 1 ? write(fd, parts->iov_base, parts->iov_len) : writev(fd, parts, count);
}

// Whether the error says that the file, the family of the socket, or a sandbox refuses this call and may take another.
bool IsOtherWay(int code) {
  return code == ENOTSOCK || code == EOPNOTSUPP || code == EINVAL || code == ENOSYS || code == EPERM;
}

}  // namespace

ssize_t WriteParts(int fd, const iovec* parts, int count, WriteState& state) {
  const bool is_empty = IsEmpty(parts, count);
  switch (is_empty ? WriteWay::kSend : state.WayOf(fd)) {
    case WriteWay::kSend: {
      const ssize_t sent = RetryOnSignal([&] { return Send(fd, parts, count); });
      if (sent >= 0 || !IsOtherWay(errno)) return sent;
      if (errno == ENOTSOCK) {
        state.Learn(fd, HasNosignal() ? WriteWay::kFlagged : WriteWay::kGuarded);
        if (!is_empty) return WriteParts(fd, parts, count, state);
      }
      break;
    }
    case WriteWay::kFlagged: {
      const ssize_t written = RetryOnSignal([&] { return WriteFlagged(fd, parts, count); });
      if (written >= 0 || !IsOtherWay(errno)) return written;
      if (errno == EOPNOTSUPP) state.Learn(fd, WriteWay::kGuarded);
      break;
    }
    case WriteWay::kGuarded:
      break;
  }
  return WithoutPipeSignal(fd, state.is_alone, [&] { return RetryOnSignal([&] { return Write(fd, parts, count); }); });
}

// node-gyp defines _FILE_OFFSET_BITS; musl has no other off_t.
static_assert(sizeof(off_t) == sizeof(int64_t), "offsets have 64 bits");

SysError SendFile(int out, int in, int64_t offset, size_t count, const WriteState& state, size_t* sent) {
  off_t position = offset;
  const ssize_t result = WithoutPipeSignal(out, state.is_alone, [&] {
    return RetryOnSignal([&] { return sendfile(out, in, offset < 0 ? nullptr : &position, count); });
  });
  if (result < 0) return {errno, "sendfile"};
  *sent = static_cast<size_t>(result);
  return {};
}

SysError Splice(int in, int64_t in_offset, int out, int64_t out_offset, size_t count, bool more,
                const WriteState& state, size_t* moved) {
  loff_t from = in_offset;
  loff_t to = out_offset;
  const unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0u);
  const ssize_t result = WithoutPipeSignal(out, state.is_alone, [&] {
    return RetryOnSignal(
        [&] { return splice(in, in_offset < 0 ? nullptr : &from, out, out_offset < 0 ? nullptr : &to, count, flags); });
  });
  if (result < 0) return {errno, "splice"};
  *moved = static_cast<size_t>(result);
  return {};
}

}  // namespace pollux
