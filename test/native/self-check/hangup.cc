#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "hangup";

}  // namespace

CLAUSE("native:hangup.1 a read end whose writers are gone is readable, read-closed and hung up") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    Pipe pipe;
    Poller poller;
    EXPECT_EQ(poller.Add(pipe.a, kReadable | mode), 0);
    EXPECT_EQ(poller.Poll(pipe.a), 0);
    WriteByte(pipe.b);
    pipe.CloseB();
    EXPECT_EQ(poller.Await(pipe.a), kReadable | kReadClosed | kHangup);
  }
}

CLAUSE("native:hangup.2 a write end whose readers are gone is writable with an error") {
  Pipe pipe;
  Fill(pipe.b);
  Poller poller;
  EXPECT_EQ(poller.Add(pipe.b, kWritable), 0);
  EXPECT_EQ(poller.Poll(pipe.b), 0);
  pipe.CloseA();
  EXPECT_EQ(poller.Await(pipe.b) & ~kHangup, kWritable | kError);
}

CLAUSE("native:hangup.3 a peer that closes ends both directions of a socket pair") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kWritable), 0);
  EXPECT_EQ(poller.Await(sockets.a), kWritable);
  sockets.CloseB();
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kWritable | kReadClosed | kHangup);
}

CLAUSE("native:hangup.4 a peer's shutdown is read-closed and no hangup") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  shutdown(sockets.b, SHUT_WR);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kReadClosed);
  EXPECT_EQ(Drain(sockets.a), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kReadClosed);
}

CLAUSE("native:hangup.5 own shutdown of the write side is no hangup") {
  TcpPair tcp;
  Poller poller;
  EXPECT_EQ(poller.Add(tcp.a, kReadable), 0);
  shutdown(tcp.a, SHUT_WR);
  EXPECT_EQ(poller.Poll(tcp.a), 0);
  WriteByte(tcp.b);
  EXPECT_EQ(poller.Await(tcp.a), kReadable);
}

CLAUSE("native:hangup.6 TCP: half-closed by the peer is read-closed, closed on both sides is a hangup") {
  TcpPair tcp;
  Poller poller;
  EXPECT_EQ(poller.Add(tcp.a, kReadable), 0);
  shutdown(tcp.b, SHUT_WR);
  EXPECT_EQ(poller.Await(tcp.a), kReadable | kReadClosed);
  shutdown(tcp.a, SHUT_WR);
  EXPECT(Eventually([&] { return poller.Poll(tcp.a) == (kReadable | kReadClosed | kHangup); }));
}

CLAUSE("native:read-closed.1 READ_CLOSED asked for alone is not reported for data, and the wait does not spin") {
  SocketPair sockets;
  Poller poller;
  if (!CapabilitiesOf(poller.backend()).read_closed) {
    EXPECT(!CapabilitiesOf(poller.backend()).read_closed);
    return;
  }
  EXPECT_EQ(poller.Add(sockets.a, kReadClosed), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(10 * kMs), 0);
  EXPECT(NowNs() - start_ns >= 10 * kMs);
  shutdown(sockets.b, SHUT_WR);
  EXPECT_EQ(poller.Await(sockets.a), kReadClosed);
}

CLAUSE("native:read-closed.2 READ_CLOSED asked for alone on forty sockets hides no other event") {
  for (const int capacity : {1, 2, 16}) {
    SocketPair sockets[40];
    Pipe pipe;
    Poller poller(capacity);
    if (!CapabilitiesOf(poller.backend()).read_closed) return;
    for (SocketPair& pair : sockets) {
      EXPECT_EQ(poller.Add(pair.a, kReadClosed), 0);
      WriteByte(pair.b);
    }
    WriteByte(pipe.b);
    EXPECT_EQ(poller.Add(pipe.a, kReadable), 0);
    for (int round = 0; round < 3; round++) {
      EXPECT_EQ(poller.Poll(pipe.a), kReadable);
      EXPECT_EQ(poller.last().count, 1);
      for (SocketPair& pair : sockets) WriteByte(pair.b);
    }
  }
}

CLAUSE("native:error.1 a reset is reported with an error, readable and writable") {
  TcpPair tcp;
  Poller poller;
  EXPECT_EQ(poller.Add(tcp.a, kReadable | kWritable | kEdge), 0);
  EXPECT_EQ(poller.Await(tcp.a), kWritable);
  const linger abort_on_close = {1, 0};
  setsockopt(tcp.b, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close);
  tcp.CloseB();
  EXPECT_EQ(poller.Await(tcp.a), kReadable | kWritable | kReadClosed | kHangup | kError);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(tcp.a, SOL_SOCKET, SO_ERROR, &error, &size);
  EXPECT_EQ(error, ECONNRESET);
  EXPECT_EQ(poller.Poll(tcp.a), 0);
}

CLAUSE("native:filter.1 a hangup does not report a direction that was not asked for") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kWritable), 0);
  sockets.CloseB();
  const uint32_t readiness = poller.Await(sockets.a);
  EXPECT_EQ(readiness & (kReadable | kPriority | kReadClosed), 0);
  EXPECT_EQ(readiness, kWritable | kHangup);
}
