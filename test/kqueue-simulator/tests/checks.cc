// What kqtab.c does not ask: the inspection API, faults, closing, nesting, and what darwin adds.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "simulator.h"

namespace {

int failures = 0;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      failures++;                                                             \
      fprintf(stderr, "%s:%d: %s: not so\n", __func__, __LINE__, #condition); \
    }                                                                         \
  } while (0)

bool Is(const char* personality) { return strcmp(kqueue_simulator_personality(), personality) == 0; }

int Change(int kq, uintptr_t ident, int filter, int flags, unsigned fflags = 0, int64_t data = 0) {
  struct kevent change;
  EV_SET(&change, ident, filter, flags, fflags, data, nullptr);
  return kevent(kq, &change, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
}

std::vector<struct kevent> Events(int kq, int timeout_ms = 0) {
  std::vector<struct kevent> events(16);
  const timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  const int count = kevent(kq, nullptr, 0, events.data(), 16, &timeout);
  events.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return events;
}

bool IsReady(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

std::vector<kqueue_simulator_knote> Knotes(int kq) {
  std::vector<kqueue_simulator_knote> knotes(16);
  const int count = kqueue_simulator_knotes(kq, knotes.data(), 16);
  knotes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return knotes;
}

struct Pipe {
  int ends[2];
  Pipe() { CHECK(pipe(ends) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Write(const char* text) { CHECK(write(ends[1], text, strlen(text)) > 0); }
  void Read(size_t size) {
    char buffer[64];
    CHECK(read(ends[0], buffer, size) > 0);
  }
  void CloseReader() {
    close(ends[0]);
    ends[0] = -1;
  }
};

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
  CHECK(Knotes(kq).size() == (Is("netbsd") ? 1u : 0u));
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

void ReleasesClosedKqueues() {
  const int before = kqueue_simulator_open_count();
  const int kq = kqueue();
  const int alias = dup(kq);
  Pipe pipe;
  CHECK(Change(alias, pipe.ends[0], EVFILT_READ, EV_ADD) == 0);
  close(kq);
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD) == EBADF);
  CHECK(kqueue_simulator_open_count() == before + 1);
  CHECK(Knotes(alias).size() == 1);
  close(alias);
  const int later = kqueue();
  CHECK(later == kq && Knotes(later).empty());
  close(later);
  CHECK(dup2(pipe.ends[0], later) == later);
  CHECK(Change(later, pipe.ends[0], EVFILT_READ, EV_ADD) == EBADF);
  close(later);
  CHECK(kqueue_simulator_open_count() == before);
}

void NestsInPollersOfLinux() {
  const int inner = kqueue();
  const int outer = kqueue();
  const int set = epoll_create1(EPOLL_CLOEXEC);
  Pipe pipe;
  epoll_event event = {};
  event.events = EPOLLIN;
  CHECK(Change(inner, pipe.ends[0], EVFILT_READ, EV_ADD) == 0);
  CHECK(Change(outer, inner, EVFILT_READ, EV_ADD) == 0);
  CHECK(Change(outer, inner, EVFILT_WRITE, EV_ADD) == EINVAL);
  CHECK(Change(outer, outer, EVFILT_READ, EV_ADD) == EINVAL);
  CHECK(epoll_ctl(set, EPOLL_CTL_ADD, outer, &event) == 0);
  CHECK(epoll_wait(set, &event, 1, 0) == 0);
  pipe.Write("a");
  CHECK(epoll_wait(set, &event, 1, 0) == 1);
  CHECK(Events(outer).size() == 1);
  CHECK(Events(inner).size() == 1);
  pipe.Read(1);
  CHECK(Events(inner).empty());
  CHECK(Events(outer).empty());
  CHECK(epoll_wait(set, &event, 1, 0) == 0);
  close(inner);
  CHECK(Knotes(outer).empty());
  close(set);
  close(outer);
}

void StopsWithoutRoomForReceipts() {
  const int kq = kqueue();
  Pipe pipe;
  struct kevent changes[2];
  EV_SET(&changes[0], pipe.ends[0], EVFILT_READ, EV_ADD | EV_RECEIPT, 0, 0, nullptr);
  EV_SET(&changes[1], pipe.ends[1], EVFILT_WRITE, EV_ADD | EV_RECEIPT, 0, 0, nullptr);
  CHECK(kevent(kq, changes, 2, nullptr, 0, nullptr) == 0);
  CHECK(Knotes(kq).size() == 1);
  close(kq);
}

void FailsAtTheDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit few = {0, limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
  CHECK(kqueue() == -1 && errno == EMFILE);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

void EndsWaitsWhenClosed() {
  if (Is("freebsd")) return;
  const int kq = kqueue();
  int error = 0;
  std::thread waiter([kq, &error] {
    struct kevent event;
    const timespec long_time = {10, 0};
    if (kevent(kq, nullptr, 0, &event, 1, &long_time) == -1) error = errno;
  });
  const timespec moment = {0, 50000000};
  nanosleep(&moment, nullptr);
  close(kq);
  waiter.join();
  CHECK(error == EBADF);
}

void ReportsUrgentData() {
  const int kq = kqueue();
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener, 1) == 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const int sender = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(sender, reinterpret_cast<sockaddr*>(&address), size) == 0);
  const int receiver = accept(listener, nullptr, nullptr);
  const int added = Change(kq, receiver, EVFILT_EXCEPT, EV_ADD, NOTE_OOB);
  CHECK(added == (Is("darwin") ? 0 : EINVAL));
  if (Is("darwin")) {
    CHECK(Events(kq).empty());
    CHECK(send(sender, "!", 1, MSG_OOB) == 1);
    std::vector<struct kevent> events = Events(kq, 1000);
    CHECK(events.size() == 1 && events[0].filter == EVFILT_EXCEPT && events[0].fflags == NOTE_OOB);
    char byte;
    CHECK(recv(receiver, &byte, 1, MSG_OOB) == 1);
    CHECK(Events(kq).size() == 1);
    CHECK(send(sender, "n", 1, 0) == 1);
    CHECK(Events(kq, 1000).size() == 1);
  }
  for (int fd : {receiver, sender, listener, kq}) close(fd);
}

void AnswersAsDarwin() {
  if (!Is("darwin")) return;
  const int kq = kqueue();
  struct kevent event;
  const timespec too_long = {100000001, 0};
  CHECK(kevent(kq, nullptr, 0, &event, 1, &too_long) == -1 && errno == EINVAL);
  char name[] = "darwin-fifo";
  unlink(name);
  CHECK(mkfifo(name, 0600) == 0);
  const int reader = open(name, O_RDONLY | O_NONBLOCK);
  const int writer = open(name, O_WRONLY | O_NONBLOCK);
  CHECK(Change(kq, reader, EVFILT_READ, EV_ADD) == 0);
  CHECK(write(writer, "a", 1) == 1);
  CHECK(Events(kq).size() == 1);
  char byte;
  CHECK(read(reader, &byte, 1) == 1);
  close(writer);
  CHECK(Events(kq).empty());
  close(reader);
  unlink(name);
  close(kq);
}

}  // namespace

int main() {
  ListsKnotes();
  ForgetsClosedDescriptors();
  KeepsQuietWhileDisabled();
  ReportsReaderGoneToWriterWithSpace();
  InjectsFaults();
  InterruptsBlockingCalls();
  ReleasesClosedKqueues();
  NestsInPollersOfLinux();
  StopsWithoutRoomForReceipts();
  FailsAtTheDescriptorLimit();
  EndsWaitsWhenClosed();
  ReportsUrgentData();
  AnswersAsDarwin();
  return failures == 0 ? 0 : 1;
}
