// What another thread does between the kevent() that fetches the records of a wait and what the wait
// asks and changes next.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "interludes";

// The one that asks whether what has ended has: with two calls, the first fetches.
constexpr int kQuery = 2;

}  // namespace

CLAUSE("interlude.5 a socket closed before its other direction is asked for has no hangup") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    SocketPair sockets;
    Poller poller;
    const int fd = sockets.a;
    EXPECT_EQ(poller.Add(fd, kReadable | mode), 0);
    shutdown(sockets.b, SHUT_WR);
    Interlude closing(kQuery, [&] { sockets.CloseA(); });
    EXPECT_EQ(poller.Poll(fd), kReadable | kReadClosed);
    EXPECT(closing.has_run());
    EXPECT_EQ(poller.Wait(0), 0);
  }
}

CLAUSE("interlude.6 a datagram socket closed before its error is asked for has none") {
  for (const bool is_reused : {false, true}) {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
    Pair sockets(fds[0], fds[1]);
    Pipe other;
    Poller poller(2);
    EXPECT_EQ(poller.Add(fds[0], kReadable | kWritable), 0);
    WriteByte(sockets.b);
    // Two records of one descriptor leave room for one more: the second call looks for it.
    Interlude closing(2, [&] {
      if (is_reused) EXPECT_EQ(dup2(other.a, fds[0]), fds[0]);
      else sockets.CloseA();
    });
    EXPECT_EQ(poller.Poll(fds[0]), kReadable | kWritable);
    EXPECT(closing.has_run());
  }
}

CLAUSE("interlude.8 an end that the kernel does not confirm or deny is reported") {
  for (int failure = 0; failure < 3; failure++) {
    Pipe pipe;
    Poller poller;
    const int fd = pipe.a;
    EXPECT_EQ(poller.Add(fd, kReadable | kEdge), 0);
    pipe.CloseB();
    Interlude query(kQuery, [&] {
      if (failure == 0) FailChange(ENOMEM, 1);
      if (failure == 1) FailCall(ENOMEM, 1);
      if (failure == 2) pipe.CloseA();
    });
    EXPECT_EQ(poller.Poll(fd), kReadable | kReadClosed | kHangup);
    EXPECT(query.has_run());
    EXPECT_EQ(EndFaults(), 0);
  }
}
