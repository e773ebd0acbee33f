#include "kqueue_waker.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "../common/retry.h"
#include "change_list.h"

namespace pollux {
namespace {

// Idents of EVFILT_USER are no descriptors: a knote of descriptor 0 is another one.
constexpr int kUserIdent = 0;

SysError AddClear(int kqueue_fd, int ident, int filter, uintptr_t token) {
  ChangeList changes(ident);
  changes.Append(filter, EV_ADD | EV_CLEAR, token);
  const SysError error = changes.Apply(kqueue_fd);
  if (error) return error;
  return changes.result(0) == 0 ? SysError{} : SysError{changes.result(0), "kevent"};
}

}  // namespace

Signal::~Signal() {
  for (const int fd : ends_) {
    if (fd >= 0) close(fd);
  }
}

SysError Signal::Open() {
  // pipe2(2) is missing on macOS.
  if (pipe(ends_) < 0) {
    const int code = errno;
    ends_[0] = ends_[1] = -1;
    return {code, "pipe"};
  }
  for (const int fd : ends_) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return {errno, "fcntl"};
  }
  return {};
}

void Signal::Set() const {
  // EAGAIN: the pipe is full, and so readable.
  RetryOnSignal([&] { return write(ends_[1], "", 1); });
}

void Signal::Clear() const {
  // A loop until EAGAIN might not end where another thread sets the signal without a pause. These reads empty a full
  // pipe (64 KB); bytes that are written later stay.
  constexpr int kMostReads = 128;
  char bytes[512];
  for (int i = 0; i < kMostReads; i++) {
    if (RetryOnSignal([&] { return read(ends_[0], bytes, sizeof bytes); }) <= 0) return;
  }
}

SysError KqueueWaker::Open(int kqueue_fd, uintptr_t token) {
  kqueue_fd_ = kqueue_fd;
  token_ = token;
  if (kHeaderHasUserFilter) {
    const SysError error = AddClear(kqueue_fd, kUserIdent, kUserFilter, token);
    if (error.code != EINVAL) return error;
  }
  const SysError error = signal_.Open();
  return error ? error : AddClear(kqueue_fd, signal_.fd(), kReadFilter, token);
}

void KqueueWaker::Wake() {
  if (signal_.is_open()) return signal_.Set();
  const KernelRecord trigger = MakeChange(kUserIdent, kUserFilter, 0, kTrigger, token_);
  const timespec at_once = {0, 0};
  // A kevent() with a timeout of zero does not sleep: each EINTR needs a signal of its own.
  RetryOnSignal([&] { return kevent(kqueue_fd_, &trigger, 1, nullptr, 0, &at_once); });
}

void KqueueWaker::Answer() {
  if (signal_.is_open()) signal_.Clear();
}

SysError Lookout::Watch(int kqueue_fd) const {
  pollfd watched[2] = {{kqueue_fd, POLLIN, 0}, {recall.fd(), POLLIN, 0}};
  return RetryOnSignal([&] { return poll(watched, 2, -1); }) < 0 ? SysError{errno, "poll"} : SysError{};
}

}  // namespace pollux
