#include "epoll_waker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../common/os_calls.h"
#include "../common/retry.h"
#include "epoll_calls.h"

namespace pollux {
namespace {

SysError AddToSet(int epoll_fd, int fd, uint32_t events, uint64_t token) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = token;
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? SysError{errno, "epoll_ctl"} : SysError{};
}

}  // namespace

Signal::~Signal() {
  if (is_pipe()) close(write_fd_);
  if (fd_ >= 0) close(fd_);
}

SysError Signal::Open() {
  fd_ = write_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ >= 0) return {};
  const SysError error = {errno, "eventfd"};
  int ends[2];
  if (!IsRefused(error.code) || OpenPipe(ends)) return error;
  fd_ = ends[0];
  write_fd_ = ends[1];
  return {};
}

void Signal::Set() {
  // EAGAIN: the counter or the pipe is full, and so it is readable already.
  const uint64_t one = 1;
  RetryOnSignal([&] { return write(write_fd_, &one, is_pipe() ? 1 : sizeof one); });
}

void Signal::Clear() {
  char bytes[64];
  while (RetryOnSignal([&] { return read(fd_, bytes, sizeof bytes); }) > 0) {
    // One read empties an eventfd.
    if (!is_pipe()) return;
  }
}

SysError EpollWaker::Open(int epoll_fd, uint64_t token) {
  const SysError error = signal_.Open();
  return error ? error : AddToSet(epoll_fd, signal_.fd(), EPOLLIN | EPOLLET, token);
}

void EpollWaker::Wake() {
  // The flag comes before the write: a thread that has the record then finds the wake.
  is_pending_.store(true);
  // Every write to an eventfd is an edge, even where the counter is not zero, so that nobody has to read it.
  signal_.Set();
}

bool EpollWaker::Answer() {
  // Linux 5.5 to 5.13: only the write to an empty pipe is an edge. The pipe is emptied before the flag is cleared: a
  // later wake then finds the pipe empty.
  if (signal_.is_pipe()) signal_.Clear();
  return is_pending_.load() && is_pending_.exchange(false);
}

bool EpollWaker::PassOn() {
  // As in Answer(): after that the write below is an edge. A wake that comes between has set the flag first.
  if (signal_.is_pipe()) signal_.Clear();
  if (!is_pending_.load()) return false;
  signal_.Set();
  return true;
}

SysError Lookout::Open(int epoll_fd) {
  const SysError error = recall.Open();
  return error ? error : AddToSet(epoll_fd, recall.fd(), EPOLLIN, static_cast<uint32_t>(recall.fd()));
}

void Lookouts::Remove(Lookout* lookout) {
  Lookout** link = &first_;
  while (*link != nullptr && *link != lookout) link = &(*link)->next;
  if (*link == lookout) *link = lookout->next;
}

}  // namespace pollux
