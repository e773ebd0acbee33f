// What kqtab.c does not ask of knotes: the inspection API, faults, interludes, interrupts.

#include "check.h"

namespace {

void ListsKnotes() {
  const int kq = kqueue();
  Pipe pipe;
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD | EV_CLEAR) == 0);
  CHECK(Change(kq, pipe.ends[1], EVFILT_WRITE, EV_ADD | EV_DISABLE) == 0);
  std::vector<kqueue_simulator_knote> knotes = Knotes(kq);
  CHECK(knotes.size() == 2);
  CHECK(knotes[0].filter == EVFILT_WRITE && !knotes[0].enabled);
  CHECK(knotes[1].filter == EVFILT_READ && knotes[1].enabled && !knotes[1].active);
  CHECK((knotes[1].flags & EV_CLEAR) != 0);
  pipe.Write("a");
  CHECK(Knotes(kq)[1].active);
  pipe.Read(1);
  CHECK(IsReady(kq));
  CHECK(Events(kq).empty());
  CHECK(!IsReady(kq));
  CHECK(kqueue_simulator_knotes(pipe.ends[0], nullptr, 0) == -1 && errno == EBADF);
  close(kq);
}

void ForgetsClosedDescriptors() {
  const int kq = kqueue();
  Pipe pipe;
  const int dup_fd = dup(pipe.ends[0]);
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD) == 0);
  const int number = pipe.ends[0];
  close(number);
  CHECK(Knotes(kq).empty());
  CHECK(dup2(dup_fd, number) == number);
  CHECK(Change(kq, number, EVFILT_READ, EV_DELETE) == ENOENT);
  CHECK(Change(kq, number, EVFILT_READ, EV_ADD) == 0);
  pipe.Write("a");
  CHECK(Events(kq).size() == 1);
  Pipe other;
  CHECK(dup2(other.ends[0], number) == number);
  CHECK(Change(kq, number, EVFILT_READ, EV_DELETE) == ENOENT);
  CHECK(Events(kq).empty());
  close(dup_fd);
  close(kq);
}

void KeepsQuietWhileDisabled() {
  const int kq = kqueue();
  Pipe pipe;
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH) == 0);
  pipe.Write("a");
  CHECK(IsReady(kq));
  CHECK(Events(kq).size() == 1);
  CHECK(!IsReady(kq));
  pipe.Read(1);
  pipe.Write("b");
  CHECK(!IsReady(kq));
  CHECK(Events(kq).empty());
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ENABLE) == 0);
  CHECK(IsReady(kq));
  CHECK(Events(kq).size() == 1);
  CHECK(!IsReady(kq));
  close(kq);
}

void ReportsReaderGoneToWriterWithSpace() {
  const int kq = kqueue();
  Pipe pipe;
  CHECK(Change(kq, pipe.ends[1], EVFILT_WRITE, EV_ADD | EV_CLEAR) == 0);
  CHECK(Events(kq).size() == 1);
  pipe.CloseReader();
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) != 0);
  CHECK(Events(kq).empty());
  CHECK(Knotes(kq).size() == (Is("netbsd") || Is("openbsd") ? 1u : 0u));
  CHECK(Change(kq, pipe.ends[1], EVFILT_READ, EV_ADD) == 0);
  CHECK(Events(kq).size() == 1);
  close(kq);
}

void InjectsFaults() {
  kqueue_simulator_fault no_queue = {};
  no_queue.call = KQUEUE_SIMULATOR_KQUEUE;
  no_queue.error = EMFILE;
  no_queue.nth = 2;
  CHECK(kqueue_simulator_inject(&no_queue) == 0);
  const int kq = kqueue();
  CHECK(kq >= 0);
  CHECK(kqueue() == -1 && errno == EMFILE);
  CHECK(kqueue_simulator_pending_faults() == 0);

  Pipe pipe;
  kqueue_simulator_fault no_memory = {};
  no_memory.call = KQUEUE_SIMULATOR_CHANGE;
  no_memory.error = ENOMEM;
  no_memory.nth = 1;
  no_memory.filter = EVFILT_WRITE;
  no_memory.flags_mask = EV_ADD;
  no_memory.this_thread_only = 1;
  CHECK(kqueue_simulator_inject(&no_memory) == 0);
  struct kevent changes[2];
  struct kevent receipts[2];
  EV_SET(&changes[0], pipe.ends[0], EVFILT_READ, EV_ADD | EV_RECEIPT, 0, 0, nullptr);
  EV_SET(&changes[1], pipe.ends[1], EVFILT_WRITE, EV_ADD | EV_RECEIPT, 0, 0, nullptr);
  CHECK(kevent(kq, changes, 2, receipts, 2, nullptr) == 2);
  CHECK(receipts[0].flags == EV_ERROR && receipts[0].data == 0);
  CHECK(receipts[1].flags == EV_ERROR && receipts[1].data == ENOMEM);
  CHECK(Knotes(kq).size() == 1);

  kqueue_simulator_fault no_wait = {};
  no_wait.call = KQUEUE_SIMULATOR_KEVENT;
  no_wait.error = EFAULT;
  no_wait.nth = 1;
  no_wait.times = 2;
  CHECK(kqueue_simulator_inject(&no_wait) == 0);
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_DELETE) == EFAULT);
  CHECK(kqueue_simulator_pending_faults() == 1);
  kqueue_simulator_clear_faults();
  CHECK(Knotes(kq).size() == 1);
  no_wait.nth = 0;
  CHECK(kqueue_simulator_inject(&no_wait) == -1 && errno == EINVAL);
  close(kq);
}

void FailsAfterChangesWereApplied() {
  const int kq = kqueue();
  Pipe pipe;
  kqueue_simulator_fault late = {};
  late.call = KQUEUE_SIMULATOR_ANSWER;
  late.error = EINTR;
  late.nth = 1;
  CHECK(kqueue_simulator_inject(&late) == 0);
  CHECK(Events(kq).empty());
  CHECK(kqueue_simulator_pending_faults() == 1);
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD) == EINTR);
  CHECK(Knotes(kq).size() == 1);
  CHECK(kqueue_simulator_pending_faults() == 0);
  close(kq);
}

void WriteOneByte(void* pipe) { static_cast<Pipe*>(pipe)->Write("a"); }

void RunsAnInterludeBeforeACall() {
  const int kq = kqueue();
  Pipe pipe;
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD) == 0);
  kqueue_simulator_before_kevent(2, WriteOneByte, &pipe);
  CHECK(Events(kq).empty());
  CHECK(Events(kq).size() == 1);
  pipe.Read(1);
  CHECK(Events(kq).empty());
  kqueue_simulator_before_kevent(1, WriteOneByte, &pipe);
  kqueue_simulator_before_kevent(0, nullptr, nullptr);
  CHECK(Events(kq).empty());
  close(kq);
}

void InterruptsBlockingCalls() {
  const int kq = kqueue();
  Pipe pipe;
  struct kevent change;
  struct kevent event;
  kqueue_simulator_interrupt(1);
  EV_SET(&change, pipe.ends[0], EVFILT_READ, EV_ADD, 0, 0, nullptr);
  const timespec second = {1, 0};
  CHECK(kevent(kq, &change, 1, &event, 1, &second) == -1 && errno == EINTR);
  CHECK(Knotes(kq).size() == 1);
  pipe.Write("a");
  kqueue_simulator_interrupt(1);
  CHECK(kevent(kq, nullptr, 0, &event, 1, &second) == 1);
  CHECK(kqueue_simulator_pending_faults() == 1);
  kqueue_simulator_clear_faults();
  close(kq);
}

}  // namespace

int main() {
  ListsKnotes();
  ForgetsClosedDescriptors();
  KeepsQuietWhileDisabled();
  ReportsReaderGoneToWriterWithSpace();
  InjectsFaults();
  FailsAfterChangesWereApplied();
  RunsAnInterludeBeforeACall();
  InterruptsBlockingCalls();
  return failures == 0 ? 0 : 1;
}
