// What native/bsd met when it ran on the kernels of NetBSD 7.99 and FreeBSD 13.0 in user space, and what was read in
// their sources because of that: the rows that kqtab.c does not have.
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "check.h"

namespace {

// Both ends are open once the object exists.
struct Fifo {
  char folder[40] = "/tmp/kqueue-simulator-XXXXXX";
  char path[64];
  int reader;
  int writer;
  Fifo() {
    CHECK(mkdtemp(folder) != nullptr);
    snprintf(path, sizeof path, "%s/fifo", folder);
    CHECK(mkfifo(path, 0600) == 0);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    OpenWriter();
  }
  ~Fifo() {
    close(reader);
    close(writer);
    unlink(path);
    rmdir(folder);
  }
  void OpenWriter() {
    writer = open(path, O_WRONLY | O_NONBLOCK);
    CHECK(writer >= 0);
  }
  void CloseWriter() {
    close(writer);
    writer = -1;
  }
};

struct SocketPair {
  int ends[2];
  SocketPair() { CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0); }
  ~SocketPair() {
    close(ends[0]);
    close(ends[1]);
  }
};

struct Terminal {
  int master;
  int slave;
  Terminal() {
    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    OpenSlave();
  }
  ~Terminal() {
    close(slave);
    close(master);
  }
  void OpenSlave() {
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);
    CHECK(slave >= 0);
  }
  void CloseSlave() {
    close(slave);
    slave = -1;
  }
};

void Fill(int fd) {
  char bytes[4096] = {};
  while (write(fd, bytes, sizeof bytes) > 0) {
  }
  while (write(fd, bytes, 1) > 0) {
  }
}

void WriterOfFifoWatchesReaderOnNetBsd() {
  const int kq = kqueue();
  Fifo fifo;
  CHECK(Change(kq, static_cast<uintptr_t>(fifo.writer), EVFILT_WRITE, EV_ADD | EV_CLEAR) == 0);
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && ((events[0].flags & EV_EOF) != 0) == Is("netbsd"));
  Fill(fifo.writer);
  CHECK(Events(kq).empty());
  char bytes[65536];
  while (read(fifo.reader, bytes, sizeof bytes) > 0) {
  }
  CHECK(Events(kq).size() == (Is("netbsd") ? 0u : 1u));
  close(fifo.reader);
  fifo.reader = -1;
  events = Events(kq);
  const bool ends = !events.empty() && (events[0].flags & EV_EOF) != 0;
  CHECK(ends == (Is("freebsd") || Is("openbsd")));
  close(kq);
}

void EndOfTerminal() {
  const int kq = kqueue();
  Terminal terminal;
  const auto master = static_cast<uintptr_t>(terminal.master);
  CHECK(Change(kq, master, EVFILT_READ, EV_ADD) == 0);
  CHECK(Events(kq).empty());
  terminal.CloseSlave();
  std::vector<struct kevent> events = Events(kq);
  if (Is("netbsd")) {
    CHECK(events.empty());
    CHECK(Change(kq, master, EVFILT_WRITE, EV_ADD) == 0);
    CHECK(Events(kq).empty());
    close(kq);
    return;
  }
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) != 0);
  terminal.OpenSlave();
  CHECK(Events(kq).empty());
  CHECK(write(terminal.slave, "a", 1) == 1);
  for (int unread = 0; unread == 0;) CHECK(ioctl(terminal.master, FIONREAD, &unread) == 0);
  events = Events(kq);
  CHECK(events.size() == 1 && ((events[0].flags & EV_EOF) != 0) == (Is("freebsd") || Is("darwin")));
  CHECK(Change(kq, master, EVFILT_READ, EV_DELETE) == 0);
  CHECK(Change(kq, master, EVFILT_READ, EV_ADD) == 0);
  events = Events(kq);
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) == 0);
  close(kq);
}

void ListensAfterItWasAdded() {
  const int kq = kqueue();
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  const auto ident = static_cast<uintptr_t>(listener);
  CHECK(Change(kq, ident, EVFILT_READ, EV_ADD) == 0);
  CHECK(listen(listener, 4) == 0);
  CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(client, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(Events(kq).size() == (Is("netbsd") ? 0u : 1u));
  CHECK(Change(kq, ident, EVFILT_READ, EV_ADD) == 0);
  CHECK(Events(kq).size() == (Is("netbsd") ? 0u : 1u));
  CHECK(Change(kq, ident, EVFILT_READ, EV_DELETE) == 0);
  CHECK(Change(kq, ident, EVFILT_READ, EV_ADD) == 0);
  CHECK(Events(kq).size() == 1);
  close(client);
  close(listener);
  close(kq);
}

void PipesAreOpenForBothDirections() {
  const int kq = kqueue();
  Pipe pipe;
  const bool is_duplex = Is("freebsd") || Is("openbsd");
  CHECK((fcntl(pipe.ends[0], F_GETFL) & O_ACCMODE) == (is_duplex ? O_RDWR : O_RDONLY));
  CHECK((fcntl(pipe.ends[1], F_GETFL) & O_ACCMODE) == (is_duplex ? O_RDWR : O_WRONLY));
  CHECK(fcntl(pipe.ends[0], F_SETFL, fcntl(pipe.ends[0], F_GETFL) | O_NONBLOCK) == 0);
  CHECK((fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK) != 0);
  CHECK(Change(kq, static_cast<uintptr_t>(pipe.ends[0]), EVFILT_WRITE, EV_ADD) == 0);
  CHECK(Events(kq).size() == (is_duplex ? 1u : 0u));
  Fifo fifo;
  CHECK((fcntl(fifo.reader, F_GETFL) & O_ACCMODE) == O_RDONLY);
  close(kq);
}

void ReadTakesEndOfFifoOnNetBsd() {
  const int kq = kqueue();
  Fifo fifo;
  CHECK(Change(kq, static_cast<uintptr_t>(fifo.reader), EVFILT_READ, EV_ADD) == 0);
  fifo.CloseWriter();
  const size_t told = Is("darwin") ? 0 : 1;
  CHECK(Events(kq).size() == told);
  CHECK(Events(kq).size() == told);
  char byte;
  CHECK(read(fifo.reader, &byte, 1) == 0);
  CHECK(Events(kq).size() == (Is("netbsd") ? 0 : told));
  fifo.OpenWriter();
  CHECK(Events(kq).empty());
  fifo.CloseWriter();
  CHECK(Events(kq).size() == told);
  close(kq);
}

// To a reader, shutdown() of the writing direction by the reader's own process is nothing new.
void OwnShutdownIsNoRecordOfRead() {
  const int kq = kqueue();
  SocketPair sockets;
  const auto ident = static_cast<uintptr_t>(sockets.ends[0]);
  CHECK(Change(kq, ident, EVFILT_READ, EV_ADD | EV_CLEAR) == 0);
  CHECK(write(sockets.ends[1], "a", 1) == 1);
  CHECK(Events(kq).size() == 1);
  CHECK(shutdown(sockets.ends[0], SHUT_WR) == 0);
  CHECK(Events(kq).empty());
  // Data that came before the call and was not fetched is still reported.
  CHECK(write(sockets.ends[1], "a", 1) == 1);
  CHECK(shutdown(sockets.ends[0], SHUT_WR) == 0);
  CHECK(Events(kq).size() == 1);
  CHECK(shutdown(sockets.ends[0], SHUT_RD) == 0);
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) != 0);
  close(kq);
}

void ActiveOneshotStaysWhenItsDataIsRead() {
  const int kq = kqueue();
  Pipe pipe;
  CHECK(Change(kq, static_cast<uintptr_t>(pipe.ends[0]), EVFILT_READ, EV_ADD | EV_ONESHOT) == 0);
  pipe.Write("abc");
  pipe.Read(3);
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && events[0].data == 3);
  CHECK(Knotes(kq).empty());
  close(kq);
}

void OwnShutdownEndsAFullWriter() {
  const int kq = kqueue();
  SocketPair sockets;
  Fill(sockets.ends[0]);
  CHECK(Change(kq, static_cast<uintptr_t>(sockets.ends[0]), EVFILT_WRITE, EV_ADD | EV_CLEAR) == 0);
  CHECK(Events(kq).empty());
  CHECK(shutdown(sockets.ends[0], SHUT_WR) == 0);
  CHECK(IsReady(kq));
  std::vector<struct kevent> events = Events(kq);
  CHECK(events.size() == 1 && (events[0].flags & EV_EOF) != 0);
  CHECK(Events(kq).empty());
  close(kq);
}

}  // namespace

int main() {
  WriterOfFifoWatchesReaderOnNetBsd();
  EndOfTerminal();
  ListensAfterItWasAdded();
  PipesAreOpenForBothDirections();
  ReadTakesEndOfFifoOnNetBsd();
  OwnShutdownIsNoRecordOfRead();
  ActiveOneshotStaysWhenItsDataIsRead();
  OwnShutdownEndsAFullWriter();
  return failures == 0 ? 0 : 1;
}
