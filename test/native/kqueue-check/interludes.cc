// Another thread acts between the kevent() that fetches the records of a wait and the calls in which the wait asks the
// kernel or changes knotes.
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../native/bsd/record_buffer.h"
#include "../../../native/bsd/registration.h"
#include "../../../native/bsd/upkeep.h"
#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "interludes";

// The number of the kevent() that asks whether an end is still there: the first call fetches the records.
constexpr int kQuery = 2;

// Before every kevent(), each of two sockets gets a byte.
struct Arrivals {
  SocketPair pairs[2];
  int calls = 0;

  ~Arrivals() { kqueue_simulator_before_kevent(0, nullptr, nullptr); }
  static void Write(void* self) {
    auto* arrivals = static_cast<Arrivals*>(self);
    for (SocketPair& pair : arrivals->pairs) WriteByte(pair.b);
    arrivals->calls++;
    kqueue_simulator_before_kevent(1, Write, self);
  }
};

}  // namespace

CLAUSE("kqueue-check:interlude.1 a FIFO that gets a new writer before its end is confirmed stays armed") {
  for (const int capacity : {1, 16}) {
    Fifo fifo;
    Poller poller(capacity);
    EXPECT_EQ(poller.Add(fifo.a, kReadable | kOneshot), 0);
    fifo.CloseB();
    {
      Interlude opening(kQuery, [&] { fifo.OpenB(); });
      EXPECT_EQ(poller.Poll(fifo.a), 0);
      // macOS does not report the end of a named FIFO.
      EXPECT_EQ(opening.has_run(), !IsPersonality("darwin"));
    }
    if (fifo.b < 0) fifo.OpenB();
    EXPECT_EQ(poller.Wait(0), 0);
    WriteByte(fifo.b);
    EXPECT_EQ(poller.Await(fifo.a), kReadable);
    EXPECT_EQ(CountEnabled(poller, fifo.a), 0);
    EXPECT_EQ(poller.Wait(0), 0);
  }
}

CLAUSE("kqueue-check:interlude.2 a full FIFO that gets a new reader before its end is confirmed stays armed") {
  Fifo fifo;
  Fill(fifo.b);
  Poller poller;
  if (!HasFifoWriters()) {
    EXPECT_EQ(poller.Add(fifo.b, kWritable | kOneshot), EPERM);
    return;
  }
  EXPECT_EQ(poller.Add(fifo.b, kWritable | kOneshot), 0);
  fifo.CloseA();
  {
    Interlude opening(kQuery, [&] { fifo.OpenA(); });
    EXPECT_EQ(poller.Poll(fifo.b), 0);
    EXPECT_EQ(opening.has_run(), !IsPersonality("darwin"));
  }
  if (fifo.a < 0) fifo.OpenA();
  EXPECT_EQ(poller.Wait(0), 0);
  Drain(fifo.a);
  EXPECT_EQ(poller.Await(fifo.b), kWritable);
  EXPECT_EQ(CountEnabled(poller, fifo.b), 0);
}

CLAUSE("kqueue-check:interlude.3 a FIFO whose end was not confirmed stays armed although a change fails") {
  // The first two changes are those of the query.
  for (int nth = 3; nth <= 8; nth++) {
    Fifo fifo;
    Poller poller;
    EXPECT_EQ(poller.Add(fifo.a, kReadable | kOneshot), 0);
    const auto before = KnotesOf(poller, fifo.a);
    fifo.CloseB();
    {
      Interlude opening(kQuery, [&] {
        fifo.OpenB();
        FailChange(ENOMEM, nth);
      });
      EXPECT_EQ(poller.Poll(fifo.a), 0);
    }
    EndFaults();
    EXPECT(KnotesOf(poller, fifo.a) == before);
  }
}

CLAUSE("kqueue-check:interlude.4 a FIFO closed before its end is confirmed is not armed again") {
  Fifo fifo;
  Pipe other;
  Poller poller;
  EXPECT_EQ(poller.Add(fifo.a, kReadable | kOneshot), 0);
  fifo.CloseB();
  {
    Interlude reuse(kQuery, [&] { EXPECT_EQ(dup2(other.a, fifo.a), fifo.a); });
    EXPECT_EQ(poller.Poll(fifo.a), 0);
  }
  EXPECT_EQ(CountKnotes(poller, fifo.a), IsPersonality("darwin") ? 1 : 0);
  WriteByte(other.b);
  EXPECT_EQ(poller.Wait(0), 0);
}

CLAUSE("kqueue-check:interlude.5 a socket closed before its other direction is asked for has no hangup") {
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

CLAUSE("kqueue-check:interlude.6 a datagram socket closed before its error is asked for has none") {
  for (const bool is_reused : {false, true}) {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
    Pair sockets(fds[0], fds[1]);
    Pipe other;
    Poller poller(2);
    EXPECT_EQ(poller.Add(fds[0], kReadable | kWritable), 0);
    WriteByte(sockets.b);
    // Two records of one descriptor leave room for one more event, which the second call looks for.
    Interlude closing(2, [&] {
      if (is_reused)
        EXPECT_EQ(dup2(other.a, fds[0]), fds[0]);
      else
        sockets.CloseA();
    });
    EXPECT_EQ(poller.Poll(fds[0]), kReadable | kWritable);
    EXPECT(closing.has_run());
  }
}

CLAUSE("kqueue-check:interlude.7 a oneshot registration that another thread has claimed gets no new knote") {
  TcpPair sockets;
  Poller poller;
  EXPECT_EQ(CapabilitiesOf(poller.backend()).priority, IsPersonality("darwin") || IsPersonality("openbsd"));
  if (!CapabilitiesOf(poller.backend()).priority) return;
  const int kqueue_fd = Descriptor(poller.backend());
  DirectionQuery query;
  EXPECT(!query.Open());
  RecordBuffer* buffer = NewRecordBuffer(4);
  REQUIRE(buffer != nullptr);
  EXPECT_EQ(poller.Add(sockets.a, kPriority | kOneshot), 0);
  // The direction that was not asked for may end without an event. The end of the other direction is reported.
  shutdown(sockets.a, SHUT_RD);
  const int records = WaitUntil(kqueue_fd, buffer->records(), buffer->room(), kPollOnly);
  EXPECT(records >= 1);
  KqueueWaker waker;
  WaitResult result = {0, false};
  buffer->Collect(kqueue_fd, waker, poller.registry(), records, &result);
  REQUIRE(buffer->merged().size() == 1);
  DescriptorState& state = buffer->merged()[0];
  Complete(state, false, query);
  EXPECT_EQ(FromKernel(state, state.registration.flags), 0);
  WriteUrgentByte(sockets.b);
  EXPECT_EQ(poller.Await(sockets.a), kPriority);
  EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
  KeepReporting(kqueue_fd, poller.registry(), state, 0);
  EXPECT_EQ(CountEnabled(poller, sockets.a), 0);
  DeleteRecordBuffer(buffer);
}

CLAUSE("kqueue-check:interlude.8 an end that the kernel does not confirm or deny is reported") {
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

CLAUSE("kqueue-check:room.1 a record that becomes no event takes no room of an event or a wake") {
  for (const int capacity : {1, 2, 3, 16}) {
    SocketPair idle[4];
    SocketPair ready;
    Poller poller(capacity);
    for (SocketPair& pair : idle) {
      EXPECT_EQ(poller.Add(pair.a, kReadClosed), 0);
      WriteByte(pair.b);
    }
    EXPECT_EQ(poller.Add(ready.a, kReadable | kEdge), 0);
    WriteByte(ready.b);
    Wake(poller.backend());
    EXPECT_EQ(poller.Poll(ready.a), kReadable);
    if (capacity > 1) EXPECT(poller.last().woken);
    EXPECT_EQ(poller.Wait(0), 0);
    EXPECT_EQ(poller.last().woken, capacity == 1);
  }
}

CLAUSE("kqueue-check:room.2 a record that comes late is merged into the event that the batch has of the descriptor") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot, kEdge | kOneshot}) {
    for (const int capacity : {2, 3, 4}) {
      SocketPair idle[3];
      SocketPair ready;
      Poller poller(capacity);
      EXPECT_EQ(poller.Add(ready.a, kReadable | kWritable | mode), 0);
      for (SocketPair& pair : idle) {
        EXPECT_EQ(poller.Add(pair.a, kReadClosed), 0);
        WriteByte(pair.b);
      }
      WriteByte(ready.b);
      EXPECT_EQ(poller.Poll(ready.a), kReadable | kWritable);
      EXPECT_EQ(poller.last().count, 1);
      EXPECT_EQ(CountEnabled(poller, ready.a), mode & kOneshot ? 0 : 2);
    }
  }
}

CLAUSE("kqueue-check:room.3 a full batch shows the end of reading to a registration for READ_CLOSED") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    SocketPair sockets;
    Poller poller(1);
    EXPECT_EQ(poller.Add(sockets.a, kWritable | kReadClosed | mode), 0);
    shutdown(sockets.b, SHUT_WR);
    EXPECT_EQ(poller.Poll(sockets.a), kWritable | kReadClosed);
  }
}

CLAUSE("kqueue-check:urgent.1 an urgent byte that was read in line is not reported again, whatever follows it") {
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    for (const uint32_t interest : {kPriority, kPriority | kReadable}) {
      TcpPair sockets;
      Poller poller;
      const bool has_priority = IsPersonality("darwin") || IsPersonality("openbsd");
      EXPECT_EQ(CapabilitiesOf(poller.backend()).priority, has_priority);
      if (!has_priority) return;
      const int on = 1;
      REQUIRE(setsockopt(sockets.a, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) == 0);
      EXPECT_EQ(poller.Add(sockets.a, interest | mode), 0);
      WriteByte(sockets.b);
      WriteUrgentByte(sockets.b);
      EXPECT(Eventually([&] { return poller.Poll(sockets.a) == interest; }));
      char bytes[8];
      EXPECT_EQ(read(sockets.a, bytes, 1), 1);
      EXPECT_EQ(poller.Modify(sockets.a, interest | mode), 0);
      EXPECT_EQ(poller.Await(sockets.a), interest);
      EXPECT_EQ(read(sockets.a, bytes, 1), 1);
      EXPECT_EQ(bytes[0], '!');
      EXPECT_EQ(poller.Modify(sockets.a, interest | mode), 0);
      WriteByte(sockets.b);
      EXPECT(Eventually([&] {
        int unread = 0;
        return ioctl(sockets.a, FIONREAD, &unread) == 0 && unread == 1;
      }));
      EXPECT_EQ(poller.Poll(sockets.a), interest & kReadable);
      if (mode == 0) EXPECT_EQ(poller.Poll(sockets.a), interest & kReadable);
    }
  }
}

CLAUSE("kqueue-check:bound.1 a wait that does not block returns although every call is interrupted") {
  Pipe pipe;
  Poller poller;
  EXPECT_EQ(poller.Add(pipe.a, kReadable), 0);
  WriteByte(pipe.b);
  FailCall(EINTR, 1, 50);
  EXPECT_EQ(poller.Poll(pipe.a), kReadable);
  FailCall(EINTR, 1, 1 << 30);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT_EQ(poller.error(), 0);
  EXPECT_EQ(poller.Wait(kMs), 0);
  EXPECT(EndFaults() > 0);
  EXPECT_EQ(poller.Poll(pipe.a), kReadable);
}

CLAUSE("kqueue-check:bound.2 an event that a wait has taken is delivered although the next call fails") {
  for (const uint32_t mode : {kEdge, kOneshot}) {
    for (const int error : {ENOMEM, EINTR}) {
      SocketPair idle;
      SocketPair ready;
      Poller poller(2);
      EXPECT_EQ(poller.Add(idle.a, kReadClosed), 0);
      WriteByte(idle.b);
      EXPECT_EQ(poller.Add(ready.a, kReadable | mode), 0);
      WriteByte(ready.b);
      Interlude failing(2, [&] { FailCall(error, 1, 1 << 20); });
      EXPECT_EQ(poller.Poll(ready.a), kReadable);
      EXPECT_EQ(poller.error(), 0);
      EndFaults();
    }
  }
}

CLAUSE("kqueue-check:bound.3 a wait ends while the knote of a disarmed registration goes on reporting") {
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller(1);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  const uint32_t flags = poller.registry().Get(sockets.a).flags;
  // Another thread has claimed the event and has not disabled the knote yet.
  poller.registry().Update(sockets.a, flags | kDisarmed);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT_EQ(poller.Wait(kMs), 0);
  poller.registry().Update(sockets.a, flags);
  EXPECT_EQ(poller.Poll(sockets.a), kReadable);
}

CLAUSE("kqueue-check:interlude.9 a wait returns at its deadline although records of no interest never end") {
  SocketPair once;
  Arrivals arrivals;
  Poller poller(1);
  EXPECT_EQ(poller.Add(once.a, kReadClosed), 0);
  WriteByte(once.b);
  EXPECT_EQ(CountEnabled(poller, once.a), 1);
  for (SocketPair& pair : arrivals.pairs) EXPECT_EQ(poller.Add(pair.a, kReadClosed), 0);
  Arrivals::Write(&arrivals);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(arrivals.calls > 3);
  EXPECT_EQ(poller.Wait(kMs), 0);
}
