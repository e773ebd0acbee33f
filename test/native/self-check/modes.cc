#include <errno.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "modes";

// Runs a clause on each kind of stream.
template <typename Body>
void OnEachStream(Body body) {
  {
    Pipe pipe;
    body(pipe);
  }
  {
    SocketPair sockets;
    body(sockets);
  }
  {
    TcpPair tcp;
    body(tcp);
  }
}

}  // namespace

CLAUSE("native:level.1 readable is reported by every wait while data is there") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, kReadable), 0);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    Drain(pair.a);
    EXPECT_EQ(poller.Poll(pair.a), 0);
  });
}

CLAUSE("native:level.2 writable is reported until the buffer is full, and again when it drains") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.b, kWritable), 0);
    EXPECT_EQ(poller.Await(pair.b), kWritable);
    EXPECT_EQ(poller.Await(pair.b), kWritable);
    Fill(pair.b);
    EXPECT(Eventually([&] {
      Fill(pair.b);
      return poller.Poll(pair.b) == 0;
    }));
    EXPECT(Eventually([&] {
      Drain(pair.a);
      return poller.Poll(pair.b) == kWritable;
    }));
  });
}

CLAUSE("native:edge.1 data is reported once, and new data on a ready descriptor again") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, kReadable | kEdge), 0);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(Drain(pair.a), 2);
    EXPECT_EQ(poller.Poll(pair.a), 0);
  });
}

CLAUSE("native:edge.2 add and modify of a ready descriptor report it") {
  OnEachStream([](Pair& pair) {
    WriteByte(pair.b);
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, kReadable | kEdge), 0);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(poller.Modify(pair.a, kReadable | kEdge), 0);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Poll(pair.a), 0);
  });
}

CLAUSE("native:oneshot.1 a oneshot registration reports one event, then nothing in both directions until modify") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kWritable | kOneshot), 0);
  EXPECT_EQ(poller.Await(sockets.a), kWritable);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  EXPECT_EQ(poller.registry().size(), 1);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), EEXIST);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable | kOneshot), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kWritable);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
}

CLAUSE("native:oneshot.2 a disarmed oneshot registration does not report a hangup") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, kReadable | kOneshot), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    pair.CloseB();
    EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(poller.Modify(pair.a, kReadable | kOneshot), 0);
    EXPECT((poller.Await(pair.a) & kReadable) != 0);
    EXPECT_EQ(poller.Poll(pair.a), 0);
  });
}

CLAUSE("native:oneshot.3 oneshot together with edge reports one event, and modify re-arms it") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, kReadable | kEdge | kOneshot), 0);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(poller.Modify(pair.a, kReadable | kEdge | kOneshot), 0);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Poll(pair.a), 0);
  });
}

CLAUSE("native:pause.1 a registration for interest 0 reports nothing, not even a hangup, until modify") {
  OnEachStream([](Pair& pair) {
    Poller poller;
    EXPECT_EQ(poller.Add(pair.a, 0), 0);
    WriteByte(pair.b);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(poller.Modify(pair.a, kReadable), 0);
    EXPECT_EQ(poller.Await(pair.a), kReadable);
    EXPECT_EQ(poller.Modify(pair.a, 0), 0);
    EXPECT_EQ(poller.Poll(pair.a), 0);
    pair.CloseB();
    for (int i = 0; i < 3; i++) EXPECT_EQ(poller.Poll(pair.a), 0);
    EXPECT_EQ(poller.registry().size(), 1);
    EXPECT_EQ(poller.Modify(pair.a, kReadable), 0);
    EXPECT((poller.Await(pair.a) & kReadable) != 0);
  });
}

CLAUSE("native:pause.2 a paused hangup neither ends a wait nor makes the poller itself ready") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, 0), 0);
  sockets.CloseB();
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(20 * kMs), 0);
  EXPECT(NowNs() - start_ns >= 20 * kMs);
  if (!CapabilitiesOf(poller.backend()).nested) return;
  Poller outer;
  EXPECT_EQ(outer.Add(Descriptor(poller.backend()), kReadable), 0);
  EXPECT_EQ(outer.Wait(0), 0);
}

CLAUSE("native:mode.1 a change between level, edge and oneshot takes effect on a ready descriptor") {
  const uint32_t modes[] = {0, kEdge, kOneshot, kEdge | kOneshot};
  for (const uint32_t from : modes) {
    for (const uint32_t to : modes) {
      OnEachStream([&](Pair& pair) {
        WriteByte(pair.b);
        Poller poller;
        EXPECT_EQ(poller.Add(pair.a, kReadable | from), 0);
        EXPECT_EQ(poller.Await(pair.a), kReadable);
        EXPECT_EQ(poller.Modify(pair.a, kReadable | to), 0);
        EXPECT_EQ(poller.Await(pair.a), kReadable);
        EXPECT_EQ(poller.Poll(pair.a), to == 0 ? kReadable : 0);
      });
    }
  }
}

CLAUSE("native:interest.1 a modify changes the direction, and only that direction is reported") {
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  EXPECT_EQ(poller.Modify(sockets.a, kWritable), 0);
  EXPECT_EQ(poller.Await(sockets.a), kWritable);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kWritable);
}

CLAUSE("native:merge.1 both ready directions of one descriptor are one event") {
  SocketPair sockets;
  WriteByte(sockets.b);
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    Poller poller;
    EXPECT_EQ(poller.Add(sockets.a, kReadable | kWritable | mode), 0);
    EXPECT_EQ(poller.Await(sockets.a), kReadable | kWritable);
    EXPECT_EQ(poller.last().count, 1);
  }
}

CLAUSE("native:merge.2 more ready level-triggered descriptors than a batch holds are reported in turn") {
  constexpr int kPairs = 13;
  SocketPair pairs[kPairs];
  Poller poller(3);
  for (SocketPair& pair : pairs) {
    EXPECT_EQ(poller.Add(pair.a, kReadable | kWritable), 0);
    WriteByte(pair.b);
  }
  int seen[4096] = {};
  for (int round = 0; round < kPairs; round++) {
    EXPECT_EQ(poller.Wait(kSecond), 3);
    for (int i = 0; i < poller.last().count; i++) {
      EXPECT_EQ(poller.event(i).readiness, kReadable | kWritable);
      seen[poller.event(i).fd]++;
    }
  }
  for (const SocketPair& pair : pairs) EXPECT(seen[pair.a] >= 2 && seen[pair.a] <= 4);
}

CLAUSE("native:priority.1 urgent data is reported where the kernel can") {
  TcpPair tcp;
  Poller poller;
  if (!CapabilitiesOf(poller.backend()).priority) {
    EXPECT(!CapabilitiesOf(poller.backend()).priority);
    return;
  }
  EXPECT_EQ(poller.Add(tcp.a, kPriority), 0);
  WriteByte(tcp.b);
  EXPECT_EQ(poller.Poll(tcp.a), 0);
  WriteUrgentByte(tcp.b);
  EXPECT_EQ(poller.Await(tcp.a), kPriority);
}
