#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "knotes";

const uint32_t kModes[] = {0, kEdge, kOneshot, kEdge | kOneshot};

}  // namespace

CLAUSE("kqueue-check:knotes.1 a registration for interest 0 is one disabled knote") {
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, 0), 0);
  EXPECT_EQ(CountKnotes(poller, sockets.a), 1);
  EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable), 0);
  EXPECT_EQ(CountEnabled(poller, sockets.a), 2);
  EXPECT_EQ(poller.Modify(sockets.a, kEdge), 0);
  EXPECT_EQ(CountKnotes(poller, sockets.a), 1);
  EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
}

CLAUSE("kqueue-check:knotes.2 a oneshot that has fired has no enabled knote, in any direction") {
  for (const uint32_t extra : {uint32_t{0}, kReadable, kReadClosed, kReadable | kReadClosed}) {
    for (const uint32_t mode : {kOneshot, kOneshot | kEdge}) {
      SocketPair sockets;
      Poller poller;
      EXPECT_EQ(poller.Add(sockets.a, kWritable | extra | mode), 0);
      EXPECT(CountEnabled(poller, sockets.a) >= 1);
      EXPECT_EQ(poller.Await(sockets.a), kWritable);
      EXPECT(CountKnotes(poller, sockets.a) >= 1);
      EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
      sockets.CloseB();
      EXPECT_EQ(poller.Wait(0), 0);
      EXPECT_EQ(poller.Add(sockets.a, kReadable), EEXIST);
      EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
      EXPECT_EQ(poller.Remove(sockets.a), 0);
    }
  }
}

CLAUSE("kqueue-check:knotes.3 remove leaves no knote, whatever was added before") {
  for (const uint32_t mode : kModes) {
    for (uint32_t interest = 0; interest < 16; interest++) {
      Poller poller;
      if ((interest & kPriority) && !CapabilitiesOf(poller.backend()).priority) continue;
      SocketPair sockets;
      EXPECT_EQ(poller.Add(sockets.a, interest | mode), 0);
      shutdown(sockets.b, SHUT_WR);
      for (int i = 0; i < 3; i++) poller.Wait(0);
      EXPECT_EQ(poller.Remove(sockets.a), 0);
      EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
    }
  }
}

CLAUSE("kqueue-check:knotes.4 a second add of a descriptor that is not ready causes no event, in any mode") {
  for (const uint32_t mode : kModes) {
    for (const uint32_t interest : {uint32_t{0}, kReadable, kReadClosed}) {
      SocketPair sockets;
      Poller poller;
      EXPECT_EQ(poller.Add(sockets.a, interest | mode), 0);
      const auto before = KnotesOf(poller, sockets.a);
      EXPECT_EQ(poller.Add(sockets.a, kWritable), EEXIST);
      EXPECT(KnotesOf(poller, sockets.a) == before);
      EXPECT_EQ(poller.Wait(0), 0);
    }
  }
}

CLAUSE("kqueue-check:knotes.5 a reused number is told from a registered one in every state of the registration") {
  for (const uint32_t mode : kModes) {
    for (const uint32_t interest : {uint32_t{0}, kReadable, kWritable, kReadable | kWritable}) {
      SocketPair first;
      SocketPair second;
      Poller poller;
      EXPECT_EQ(poller.Add(first.a, interest | mode), 0);
      poller.Wait(0);
      EXPECT_EQ(dup2(second.a, first.a), first.a);
      EXPECT_EQ(poller.Add(first.a, kWritable), 0);
      EXPECT_EQ(poller.registry().size(), 1);
      EXPECT_EQ(poller.Await(first.a), kWritable);
    }
  }
}

CLAUSE("kqueue-check:pipe.1 a writer whose readers are gone can be registered, and is reported as its mode says") {
  for (const uint32_t mode : kModes) {
    for (const bool is_full : {false, true}) {
      Pipe pipe;
      if (is_full) Fill(pipe.b);
      pipe.CloseA();
      Poller poller;
      EXPECT_EQ(poller.Add(pipe.b, kWritable | mode), 0);
      EXPECT_EQ(poller.Await(pipe.b), kWritable | kError);
      EXPECT_EQ(poller.Poll(pipe.b), mode == 0 ? kWritable | kError : 0);
      EXPECT_EQ(poller.Modify(pipe.b, kWritable | mode), 0);
      EXPECT_EQ(poller.Await(pipe.b), kWritable | kError);
      EXPECT_EQ(poller.Remove(pipe.b), 0);
      EXPECT_EQ(CountKnotes(poller, pipe.b), 0);
    }
  }
}

CLAUSE("kqueue-check:pipe.2 a writer, blocked or not, is told that the readers have gone") {
  for (const uint32_t mode : kModes) {
    for (const bool is_full : {false, true}) {
      Pipe pipe;
      Poller poller;
      if (is_full) Fill(pipe.b);
      EXPECT_EQ(poller.Add(pipe.b, kWritable | mode), 0);
      EXPECT_EQ(poller.Poll(pipe.b), is_full ? 0 : kWritable);
      if (!is_full && (mode & kOneshot)) EXPECT_EQ(poller.Modify(pipe.b, kWritable | mode), 0);
      pipe.CloseA();
      for (int round = 0; round < 3; round++) {
        EXPECT_EQ(poller.Poll(pipe.b), round == 0 || mode == 0 ? kWritable | kError : 0);
      }
    }
  }
}

CLAUSE("kqueue-check:pipe.3 READ_CLOSED alone waits for the end of a pipe with unread data without spinning") {
  Pipe pipe;
  Poller poller;
  EXPECT_EQ(poller.Add(pipe.a, kReadClosed), 0);
  for (int i = 0; i < 5; i++) {
    WriteByte(pipe.b);
    EXPECT_EQ(poller.Wait(0), 0);
  }
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(10 * kMs), 0);
  EXPECT(NowNs() - start_ns >= 10 * kMs);
  pipe.CloseB();
  for (int i = 0; i < 3; i++) EXPECT_EQ(poller.Await(pipe.a), kReadClosed | kHangup);
}

CLAUSE("kqueue-check:pipe.4 a read end is writable where pipes carry data both ways, and nowhere else") {
  for (const uint32_t mode : kModes) {
    for (const int capacity : {1, 16}) {
      Pipe pipe;
      Poller poller(capacity);
      const uint32_t written = IsDuplexPipe() ? kWritable : 0;
      EXPECT_EQ(poller.Add(pipe.a, kReadable | kWritable | mode), 0);
      EXPECT_EQ(poller.Poll(pipe.a), written);
      EXPECT_EQ(poller.Modify(pipe.a, kReadable | kWritable | mode), 0);
      WriteByte(pipe.b);
      EXPECT_EQ(poller.Await(pipe.a), kReadable | written);
    }
  }
}

CLAUSE(
    "kqueue-check:pipe.5 a write end that did not ask for WRITABLE alone is broken, or hung up where it could read") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    for (const uint32_t interest : {kReadable, kReadClosed, kReadable | kReadClosed}) {
      Pipe pipe;
      Poller poller;
      EXPECT_EQ(poller.Add(pipe.b, interest | mode), 0);
      EXPECT_EQ(poller.Wait(0), 0);
      pipe.CloseA();
      const uint32_t end = IsDuplexPipe() ? kReadClosed | kHangup : kError;
      EXPECT_EQ(poller.Await(pipe.b), (interest & kReadable) | end);
    }
  }
}

CLAUSE("kqueue-check:half.1 the end of the second direction is an edge, whichever direction was asked for") {
  for (const uint32_t interest : {kReadable, kWritable, kReadClosed, kReadable | kWritable}) {
    SocketPair sockets;
    Poller poller;
    EXPECT_EQ(poller.Add(sockets.a, interest | kEdge), 0);
    poller.Wait(0);
    shutdown(sockets.a, SHUT_WR);
    EXPECT_EQ(poller.Poll(sockets.a) & kHangup, 0);
    for (int i = 0; i < 3; i++) EXPECT_EQ(poller.Wait(0), 0);
    shutdown(sockets.b, SHUT_WR);
    const uint32_t closed = (interest & kWritable) == interest ? 0 : kReadClosed;
    EXPECT_EQ(poller.Await(sockets.a), (interest & ~kReadClosed) | closed | kHangup);
    for (int i = 0; i < 3; i++) EXPECT_EQ(poller.Wait(0) > 1, false);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
  }
}

CLAUSE("kqueue-check:half.2 the own shutdown after the peer's is an edge too") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kEdge), 0);
  shutdown(sockets.b, SHUT_WR);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kReadClosed);
  for (int i = 0; i < 3; i++) EXPECT_EQ(poller.Wait(0), 0);
  shutdown(sockets.a, SHUT_WR);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kReadClosed | kHangup);
}

CLAUSE("kqueue-check:full.1 read and write are one event where a batch has room for one") {
  for (const uint32_t mode : kModes) {
    SocketPair pairs[3];
    Poller poller(1);
    for (SocketPair& pair : pairs) {
      WriteByte(pair.b);
      EXPECT_EQ(poller.Add(pair.a, kReadable | kWritable | mode), 0);
    }
    for (int i = 0; i < 3; i++) {
      EXPECT_EQ(poller.Wait(0), 1);
      EXPECT_EQ(poller.event(0).readiness, kReadable | kWritable);
    }
    if (mode & kOneshot) EXPECT_EQ(poller.Wait(0), 0);
  }
}

CLAUSE("kqueue-check:waker.1 the waker is EVFILT_USER where the kernel has it, a pipe elsewhere") {
  const int before = CountOpen();
  Poller poller;
  // Two kqueues, and the pipe.
  EXPECT_EQ(CountOpen() - before, IsPersonality("netbsd") || IsPersonality("openbsd") ? 4 : 2);
  for (int i = 0; i < 70000; i++) Wake(poller.backend());
  poller.Wait(0);
  EXPECT(poller.last().woken);
  poller.Wait(0);
  EXPECT(!poller.last().woken);
  Wake(poller.backend());
  poller.Wait(0);
  EXPECT(poller.last().woken);
}
