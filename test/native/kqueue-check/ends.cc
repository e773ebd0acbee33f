// The end of a descriptor that has one direction, or two that end together, is reported to registrations that did not
// ask for the filter that reports it.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "ends";

const uint32_t kModes[] = {0, kEdge, kOneshot, kEdge | kOneshot};
const uint32_t kInterests[] = {kReadable, kWritable, kReadClosed, kReadable | kWritable, kWritable | kReadClosed};
constexpr uint32_t kDirections = kReadable | kWritable;

// a is the side that is watched: the master, or the slave.
struct Terminal : Pair {
  explicit Terminal(bool is_master) : Pair(-1, -1) {
    a = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(a >= 0 && grantpt(a) == 0 && unlockpt(a) == 0);
    OpenB();
    SetNonBlocking(a);
    if (is_master) return;
    const int master = a;
    a = b;
    b = master;
  }
  // Opens the slave of the master `a` once more.
  void OpenB() {
    b = open(ptsname(a), O_RDWR | O_NOCTTY);
    REQUIRE(b >= 0);
    SetNonBlocking(b);
  }
};

// Takes what is ready now, closes the other end, and expects `end` as often as the mode says.
void ExpectEnd(Poller& poller, Pair& pair, int fd, uint32_t interest, uint32_t mode, uint32_t end) {
  EXPECT_EQ(poller.Poll(fd), interest & kWritable);
  if (mode & kOneshot) EXPECT_EQ(poller.Modify(fd, interest | mode), 0);
  fd == pair.a ? pair.CloseB() : pair.CloseA();
  EXPECT_EQ(poller.Await(fd), end);
  if (mode == 0) EXPECT_EQ(poller.Poll(fd), end);
  if (mode & kOneshot) EXPECT_EQ(poller.Poll(fd), 0);
}

}  // namespace

CLAUSE("kqueue-check:end.1 the write end of a FIFO is told that its readers have gone, whatever interest it has") {
  for (const uint32_t mode : kModes) {
    for (const uint32_t interest : kInterests) {
      Fifo fifo;
      Poller poller;
      EXPECT_EQ(poller.Add(fifo.b, interest | mode), HasFifoWriters() ? 0 : EPERM);
      if (!HasFifoWriters()) {
        EXPECT_EQ(CountKnotes(poller, fifo.b), 0);
        EXPECT_EQ(poller.Remove(fifo.b), ENOENT);
        continue;
      }
      EXPECT_EQ(poller.Add(fifo.b, interest | mode), EEXIST);
      // macOS reports to neither end of a FIFO that the other has closed.
      if (!IsPersonality("darwin")) {
        ExpectEnd(poller, fifo, fifo.b, interest, mode, (interest & kDirections) | kError);
      }
      EXPECT_EQ(poller.Remove(fifo.b), 0);
      EXPECT_EQ(CountKnotes(poller, fifo.b), 0);
    }
  }
}

CLAUSE("kqueue-check:end.2 either end of a FIFO can be paused, stays registered, and is reported again after modify") {
  for (const uint32_t mode : kModes) {
    Fifo fifo;
    Poller poller;
    for (const int fd : {fifo.a, fifo.b}) {
      if (fd == fifo.b && !HasFifoWriters()) continue;
      EXPECT_EQ(poller.Add(fd, mode), 0);
      EXPECT_EQ(CountEnabled(poller, fd), 0);
      EXPECT_EQ(poller.Add(fd, kReadable), EEXIST);
      EXPECT_EQ(poller.Modify(fd, kWritable | mode), 0);
      EXPECT_EQ(poller.Modify(fd, mode), 0);
      EXPECT_EQ(CountEnabled(poller, fd), 0);
      EXPECT_EQ(poller.Wait(0), 0);
    }
    if (!HasFifoWriters()) continue;
    EXPECT_EQ(poller.Modify(fifo.b, kWritable | mode), 0);
    EXPECT_EQ(poller.Await(fifo.b), kWritable);
    EXPECT_EQ(poller.Modify(fifo.b, 0), 0);
    fifo.CloseA();
    EXPECT_EQ(poller.Wait(0), 0);
    EXPECT_EQ(poller.Remove(fifo.b), 0);
  }
}

CLAUSE("kqueue-check:end.3 either side of a terminal is told that the other side has gone, whatever interest it has") {
  for (const bool is_master : {true, false}) {
    for (const uint32_t mode : kModes) {
      for (const uint32_t interest : kInterests) {
        for (const int capacity : {1, 16}) {
          Terminal terminal(is_master);
          Poller poller(capacity);
          EXPECT_EQ(poller.Add(terminal.a, interest | mode), 0);
          if (!TellsEndOfTerminals()) {
            EXPECT_EQ(poller.Poll(terminal.a), interest & kWritable);
            continue;
          }
          const uint32_t closed = (interest & (kReadable | kReadClosed)) ? kReadClosed : 0;
          ExpectEnd(poller, terminal, terminal.a, interest, mode, (interest & kDirections) | closed | kHangup);
          EXPECT_EQ(poller.Remove(terminal.a), 0);
        }
      }
    }
  }
}

CLAUSE("kqueue-check:end.4 the write end of a FIFO can be registered for PRIORITY and never reports it") {
  for (const uint32_t mode : kModes) {
    for (const uint32_t interest : {kPriority, kPriority | kWritable, kPriority | kReadable}) {
      Fifo fifo;
      Poller poller;
      const bool has_priority = CapabilitiesOf(poller.backend()).priority;
      EXPECT_EQ(has_priority, IsPersonality("darwin") || IsPersonality("openbsd"));
      EXPECT_EQ(poller.Add(fifo.b, interest | mode), has_priority ? 0 : EINVAL);
      if (!has_priority) continue;
      EXPECT_EQ(poller.Poll(fifo.b), interest & kWritable);
      EXPECT_EQ(poller.Remove(fifo.b), 0);
      EXPECT_EQ(CountKnotes(poller, fifo.b), 0);
    }
  }
}

CLAUSE("kqueue-check:end.5 a writer of a pipe that has no filter once its readers are gone is refused with EPIPE") {
  for (const uint32_t interest : {kWritable, kWritable | kReadable, kWritable | kReadClosed}) {
    Pipe pipe;
    Poller poller;
    FailChange(EINVAL, 1);
    FailChange(EBADF, 2);
    EXPECT_EQ(poller.Add(pipe.b, interest), EPIPE);
    EXPECT_EQ(EndFaults(), 0);
    EXPECT_EQ(CountKnotes(poller, pipe.b), 0);
    EXPECT_EQ(poller.Modify(pipe.b, interest), ENOENT);
    EXPECT_EQ(poller.Add(pipe.b, interest), 0);
  }
}

CLAUSE("kqueue-check:listen.1 a socket that was added before listen() is told of a connection by the next wait") {
  for (const uint32_t mode : kModes) {
    for (const int others : {0, 40}) {
      Poller poller;
      const int listener = socket(AF_INET, SOCK_STREAM, 0);
      SocketPair connected[40];
      EXPECT_EQ(poller.Add(listener, kReadable | mode), 0);
      for (int i = 0; i < others; i++) EXPECT_EQ(poller.Add(connected[i].a, kReadable), 0);
      EXPECT_EQ(poller.Poll(listener), 0);
      REQUIRE(listen(listener, 1) == 0);
      sockaddr_in address = {};
      socklen_t size = sizeof address;
      REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
      const int client = socket(AF_INET, SOCK_STREAM, 0);
      EXPECT_EQ(poller.Wait(0), 0);
      REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&address), size) == 0);
      EXPECT_EQ(poller.Await(listener), kReadable);
      EXPECT_EQ(poller.Poll(listener), mode == 0 ? kReadable : 0);
      close(client);
      close(listener);
    }
  }
}

CLAUSE("kqueue-check:end.6 a master whose slave is opened again has not ended, and goes on in every mode") {
  for (const uint32_t mode : kModes) {
    for (const uint32_t interest : {kReadable, kReadable | kWritable, kReadClosed, kWritable}) {
      Terminal terminal(true);
      Poller poller;
      EXPECT_EQ(poller.Add(terminal.a, interest | mode), 0);
      EXPECT_EQ(poller.Poll(terminal.a), interest & kWritable);
      if (mode & kOneshot) EXPECT_EQ(poller.Modify(terminal.a, interest | mode), 0);
      terminal.CloseB();
      if (TellsEndOfTerminals()) EXPECT(poller.Await(terminal.a) & kHangup);
      if (mode & kOneshot) EXPECT_EQ(poller.Modify(terminal.a, interest | mode), 0);
      terminal.OpenB();
      // Edge and oneshot do not repeat what was ready before; level does.
      EXPECT_EQ(poller.Poll(terminal.a) & ~(interest & kWritable), 0);
      WriteByte(terminal.b);
      EXPECT(Eventually([&] {
        int unread = 0;
        return ioctl(terminal.a, FIONREAD, &unread) == 0 && unread > 0;
      }));
      // The knotes of a level-triggered registration are those that have reported the end. OpenBSD's EVFILT_WRITE is
      // not told that a slave was opened again.
      const bool is_told = mode == 0 && !IsPersonality("openbsd");
      if (!is_told) EXPECT_EQ(poller.Modify(terminal.a, interest | mode), 0);
      EXPECT_EQ(poller.Poll(terminal.a), interest & (kReadable | kWritable));
      EXPECT_EQ(poller.Remove(terminal.a), 0);
    }
  }
}
