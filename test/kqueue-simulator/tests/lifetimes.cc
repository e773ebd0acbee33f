// What kqtab.c does not ask of kqueues: closing, nesting in Linux's pollers, limits, and what darwin and openbsd
// answer.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <thread>

#include "check.h"

namespace {

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

// A number is used for one file, then another, then the first again, of which another number is open all along.
void ForgetsTheKnotesOfClosedNumbers() {
  const int kq = kqueue();
  Pipe first;
  Pipe second;
  const int fd = dup(first.ends[0]);
  CHECK(Change(kq, fd, EVFILT_READ, EV_ADD) == 0);
  close(fd);
  CHECK(dup2(second.ends[0], fd) == fd);
  CHECK(Change(kq, fd, EVFILT_READ, EV_ADD) == 0);
  close(fd);
  CHECK(dup2(first.ends[0], fd) == fd);
  CHECK(Change(kq, fd, EVFILT_READ, EV_DELETE) == ENOENT);
  close(fd);
  close(kq);
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
  const bool has_filter = Is("darwin") || Is("openbsd");
  CHECK(added == (has_filter ? 0 : EINVAL));
  if (has_filter) {
    CHECK(Events(kq).empty());
    CHECK(send(sender, "!", 1, MSG_OOB) == 1);
    std::vector<struct kevent> events = Events(kq, 1000);
    CHECK(events.size() == 1 && events[0].filter == EVFILT_EXCEPT && events[0].fflags == NOTE_OOB);
    char byte;
    CHECK(recv(receiver, &byte, 1, MSG_OOB) == 1);
    CHECK(Events(kq).size() == 1);
    CHECK(send(sender, "n", 1, 0) == 1);
    CHECK(Events(kq, 1000).size() == 1);
    CHECK(recv(receiver, &byte, 1, 0) == 1);
    CHECK(Events(kq).empty());
    CHECK(send(sender, "n", 1, 0) == 1);
    CHECK(Events(kq, 100).size() == (Is("darwin") ? 1u : 0u));
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

void AnswersAsOpenBsd() {
  if (!Is("openbsd")) return;
  const int kq = kqueue();
  CHECK(Change(kq, 1, EVFILT_USER, EV_ADD) == EINVAL);
  Pipe pipe;
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH) == 0);
  pipe.Write("a");
  CHECK(Events(kq).size() == 1);
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ADD) == 0);
  CHECK(Events(kq).empty());
  CHECK(Change(kq, pipe.ends[0], EVFILT_READ, EV_ENABLE) == 0);
  CHECK(Events(kq).size() == 1);
  close(pipe.ends[0]);
  pipe.ends[0] = -1;
  CHECK(Change(kq, pipe.ends[1], EVFILT_WRITE, EV_ADD) == 0);
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) != 0 && events[0].data == 0);
  CHECK(Events(kq).size() == 1);
  char name[] = "openbsd-fifo";
  unlink(name);
  CHECK(mkfifo(name, 0600) == 0);
  const int reader = open(name, O_RDONLY | O_NONBLOCK);
  const int writer = open(name, O_WRONLY | O_NONBLOCK);
  CHECK(Change(kq, reader, EVFILT_WRITE, EV_ADD) == EINVAL);
  CHECK(Change(kq, writer, EVFILT_READ, EV_ADD) == EINVAL);
  for (int fd : {reader, writer, kq}) close(fd);
  unlink(name);
}

}  // namespace

int main() {
  ReleasesClosedKqueues();
  ForgetsTheKnotesOfClosedNumbers();
  NestsInPollersOfLinux();
  StopsWithoutRoomForReceipts();
  FailsAtTheDescriptorLimit();
  EndsWaitsWhenClosed();
  ReportsUrgentData();
  AnswersAsDarwin();
  AnswersAsOpenBsd();
  return failures == 0 ? 0 : 1;
}
