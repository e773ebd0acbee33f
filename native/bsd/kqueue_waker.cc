#include "kqueue_waker.h"

#include <fcntl.h>
#include <unistd.h>

#include "change_list.h"

namespace pollux {
namespace {

// The numbers of EVFILT_USER are its own: descriptor 0 is another knote.
constexpr int kUserIdent = 0;

int SetFlags(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -1;
  return fcntl(fd, F_SETFL, O_NONBLOCK);
}

SysError AddClear(int kqueue_fd, int ident, int filter, uintptr_t token) {
  ChangeList changes(ident);
  changes.Append(filter, EV_ADD | EV_CLEAR, token);
  const SysError error = changes.Apply(kqueue_fd);
  if (error) return error;
  return changes.result(0) == 0 ? SysError{} : SysError{changes.result(0), "kevent"};
}

}  // namespace

KqueueWaker::~KqueueWaker() {
  for (const int fd : pipe_) {
    if (fd >= 0) close(fd);
  }
}

// EV_CLEAR, so that a wake is one record: it goes to one waiter, as epoll's edge-triggered eventfd.
SysError KqueueWaker::Open(int kqueue_fd, uintptr_t token) {
  kqueue_fd_ = kqueue_fd;
  token_ = token;
  if (kHeaderHasUserFilter) {
    const SysError error = AddClear(kqueue_fd, kUserIdent, kUserFilter, token);
    if (error.code != EINVAL) return error;
  }
  const SysError error = OpenPipe();
  return error ? error : AddClear(kqueue_fd, pipe_[0], kReadFilter, token);
}

SysError KqueueWaker::OpenPipe() {
  // pipe2(2) is missing on macOS.
  if (pipe(pipe_) < 0) {
    const int code = errno;
    pipe_[0] = pipe_[1] = -1;
    return {code, "pipe"};
  }
  for (const int fd : pipe_) {
    if (SetFlags(fd) < 0) return {errno, "fcntl"};
  }
  return {};
}

void KqueueWaker::Wake() {
  if (pipe_[1] >= 0) {
    // A full pipe (EAGAIN): thousands of wakes are pending.
    while (write(pipe_[1], "", 1) < 0 && errno == EINTR) {
    }
    return;
  }
  const KernelRecord trigger = MakeChange(kUserIdent, kUserFilter, 0, kTrigger, token_);
  const timespec at_once = {0, 0};
  while (kevent(kqueue_fd_, &trigger, 1, nullptr, 0, &at_once) < 0 && errno == EINTR) {
  }
}

void KqueueWaker::Answer() {
  if (pipe_[0] < 0) return;
  // Wakes that come while it is emptied are answered by the wait that empties it; not for ever, where
  // another thread wakes without a pause: what a full pipe holds, and the rest is a wake of its own.
  constexpr int kMostReads = 128;
  char bytes[512];
  for (int i = 0; i < kMostReads; i++) {
    const ssize_t count = read(pipe_[0], bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EINTR)) return;
  }
}

}  // namespace pollux
