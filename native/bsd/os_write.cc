// The calls of pollux/sys that write, on the BSDs and macOS: none of them raises SIGPIPE, also where the host does not
// ignore the signal.
#include <errno.h>
#include <unistd.h>

#include "../common/message_flags.h"
#include "../common/os_calls.h"
#include "../common/retry.h"
#include "../common/write_state.h"
#include "../posix/pipe_signal.h"
#include "os_facts.h"

namespace pollux {
namespace {

ssize_t SendParts(int fd, const iovec* parts, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = count;
  return sendmsg(fd, &message, kNoSignal);
}

// Whether the error says that the file, or the family of the socket, takes write(2) only.
bool IsOtherWay(int code) { return code == ENOTSOCK || code == EOPNOTSUPP || code == EINVAL; }

}  // namespace

ssize_t WriteParts(int fd, const iovec* parts, int count, WriteState& state) {
  if (kNoSignal != 0 && (IsEmpty(parts, count) || state.WayOf(fd) == WriteWay::kSend)) {
    const ssize_t sent = RetryOnSignal([&] { return SendParts(fd, parts, count); });
    if (sent >= 0 || !IsOtherWay(errno)) return sent;
    if (errno == ENOTSOCK) state.Learn(fd, WriteWay::kGuarded);
  }
  return WithoutPipeSignal(fd, state.is_alone, [&] { return RetryOnSignal([&] { return writev(fd, parts, count); }); });
}

SysError SendFile(int out, int in, int64_t offset, size_t count, const WriteState& state, size_t* sent) {
  if (count == 0) {
    // sendfile(2): a count of 0 means all there is.
    if (fcntl(in, F_GETFD) < 0 || fcntl(out, F_GETFD) < 0) return {errno, "sendfile"};
    *sent = 0;
    return {};
  }
  const bool moves = offset < 0;
  const off_t from = moves ? lseek(in, 0, SEEK_CUR) : static_cast<off_t>(offset);
  if (from < 0) return {errno, "sendfile"};
  off_t done = 0;
  const int result = WithoutPipeSignal(out, state.is_alone, [&] {
    return RetryOnSignal([&] {
      const int status = SendFrom(in, out, from, count, &done);
      // An interrupted call that has sent something succeeds; one that has sent nothing is made again.
      return status < 0 && errno == EINTR && done > 0 ? 0 : status;
    });
  });
  if (result < 0 && done <= 0) return {errno, "sendfile"};
  if (moves && lseek(in, from + done, SEEK_SET) < 0) return {errno, "sendfile"};
  *sent = static_cast<size_t>(done);
  return {};
}

SysError Splice(int, int64_t, int, int64_t, size_t, bool, const WriteState&, size_t*) { return {ENOSYS, "splice"}; }

}  // namespace pollux
