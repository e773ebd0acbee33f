#include "change_list.h"

namespace pollux {

void ChangeList::Append(int filter, uint32_t flags, uintptr_t udata) {
  // With EV_RECEIPT kevent() answers every change: it tries all of them and waits for no event.
  changes_[size_++] =
      MakeChange(static_cast<uintptr_t>(fd_), filter, flags | EV_RECEIPT, filter == kExceptFilter ? kUrgent : 0, udata);
}

SysError ChangeList::Apply(int kqueue_fd) {
  if (size_ == 0) return {};
  // Room for every answer: without it the first failure ends the call and leaves the rest undone (table, "errors in
  // eventlist / no room"). The timeout is zero, because OpenBSD waits for an event of EVFILT_WRITE although the change
  // has EV_RECEIPT.
  KernelRecord answers[kMost];
  const timespec at_once = {0, 0};
  int count = 0;
  // kqueue(2) of FreeBSD: a signal ends a kevent() that sleeps, with all its changes applied; they are applied again
  // for their answers. With answers and a timeout of zero kevent() does not sleep, so that each EINTR needs a signal of
  // its own, and the loop ends with the signals.
  for (;;) {
    count = kevent(kqueue_fd, changes_, size_, answers, size_, &at_once);
    if (count >= 0 || errno != EINTR) break;
    is_repeated_ = true;
  }
  if (count < 0) return {errno, "kevent"};
  for (int i = 0; i < size_; i++) {
    const bool is_answer = i < count && (answers[i].flags & EV_ERROR) != 0;
    results_[i] = is_answer ? static_cast<int>(answers[i].data) : 0;
  }
  return {};
}

}  // namespace pollux
