#include <errno.h>
#include <unistd.h>

#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "faults";

const uint32_t kInterests[] = {
    0,
    kReadable,
    kWritable,
    kReadable | kWritable,
    kReadClosed,
    kReadable | kOneshot,
    kReadable | kWritable | kEdge,
    kReadable | kWritable | kOneshot,
    kWritable | kReadClosed,
};

constexpr int kMostChanges = 8;

// The descriptor is reported as a new registration for these bits would be.
void ExpectWorking(Poller& poller, Pair& pair) {
  EXPECT_EQ(poller.Modify(pair.a, kReadable | kWritable), 0);
  EXPECT_EQ(poller.Await(pair.a), kWritable);
  WriteByte(pair.b);
  EXPECT_EQ(poller.Await(pair.a), kReadable | kWritable);
  Drain(pair.a);
  EXPECT_EQ(poller.Remove(pair.a), 0);
  EXPECT_EQ(CountKnotes(poller, pair.a), 0);
}

}  // namespace

CLAUSE("kqueue-check:fault.add an add of which any change fails registers nothing and leaves no knote") {
  for (const uint32_t interest : kInterests) {
    for (int nth = 1; nth <= kMostChanges; nth++) {
      SocketPair sockets;
      Poller poller;
      FailChange(ENOMEM, nth);
      const int error = poller.Add(sockets.a, interest);
      if (EndFaults() > 0) break;
      EXPECT_EQ(error, ENOMEM);
      EXPECT_EQ(poller.registry().size(), 0);
      EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
      EXPECT_EQ(poller.Wait(0), 0);
      EXPECT_EQ(poller.Add(sockets.a, interest), 0);
      ExpectWorking(poller, sockets);
    }
  }
}

CLAUSE("kqueue-check:fault.modify a modify of which any change fails leaves the knotes as they were") {
  for (const uint32_t from : kInterests) {
    for (const uint32_t to : kInterests) {
      for (int nth = 1; nth <= kMostChanges; nth++) {
        SocketPair sockets;
        Poller poller;
        EXPECT_EQ(poller.Add(sockets.a, from), 0);
        const auto before = KnotesOf(poller, sockets.a);
        const uint32_t flags = poller.registry().Get(sockets.a).flags;
        FailChange(ENOMEM, nth);
        const int error = poller.Modify(sockets.a, to);
        if (EndFaults() > 0) break;
        EXPECT_EQ(error, ENOMEM);
        EXPECT_EQ(poller.registry().Get(sockets.a).flags, flags);
        EXPECT(KnotesOf(poller, sockets.a) == before);
        ExpectWorking(poller, sockets);
      }
    }
  }
}

CLAUSE("kqueue-check:fault.remove a remove of which any change fails leaves the registration whole or gone") {
  for (const uint32_t interest : kInterests) {
    for (int nth = 1; nth <= kMostChanges; nth++) {
      SocketPair sockets;
      Poller poller;
      EXPECT_EQ(poller.Add(sockets.a, interest), 0);
      const auto before = KnotesOf(poller, sockets.a);
      FailChange(ENOMEM, nth);
      const int error = poller.Remove(sockets.a);
      if (EndFaults() > 0) break;
      EXPECT_EQ(error, ENOMEM);
      EXPECT(KnotesOf(poller, sockets.a) == before);
      ExpectWorking(poller, sockets);
    }
  }
}

CLAUSE("kqueue-check:fault.restore a change that fails and cannot be rolled back ends the registration") {
  for (const uint32_t from : kInterests) {
    for (int times = 2; times <= kMostChanges; times++) {
      SocketPair sockets;
      Poller poller;
      EXPECT_EQ(poller.Add(sockets.a, from), 0);
      // Third and fourth among the changes of this modify() are its adds.
      FailChange(ENOMEM, 3, times);
      const int error = poller.Modify(sockets.a, kReadable | kWritable | kEdge);
      EndFaults();
      EXPECT_EQ(error, ENOMEM);
      const bool is_registered = poller.registry().Get(sockets.a).registered();
      EXPECT_EQ(CountKnotes(poller, sockets.a) > 0, is_registered);
      EXPECT_EQ(poller.registry().size(), is_registered ? 1 : 0);
      if (!is_registered) EXPECT_EQ(poller.Add(sockets.a, 0), 0);
      ExpectWorking(poller, sockets);
    }
  }
}

CLAUSE("kqueue-check:fault.call a kevent() that fails as a whole changes nothing") {
  SocketPair sockets;
  Poller poller;
  FailCall(ENOMEM, 1);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), ENOMEM);
  EXPECT_EQ(poller.registry().size(), 0);
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kWritable), 0);
  const auto before = KnotesOf(poller, sockets.a);
  FailCall(ENOMEM, 1);
  EXPECT_EQ(poller.Modify(sockets.a, kReadClosed), ENOMEM);
  EXPECT(KnotesOf(poller, sockets.a) == before);
  FailCall(ENOMEM, 1);
  EXPECT_EQ(poller.Remove(sockets.a), ENOMEM);
  EXPECT(KnotesOf(poller, sockets.a) == before);
  FailCall(ENOMEM, 1);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT_EQ(poller.error(), ENOMEM);
  FailCall(EINTR, 1);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable), 0);
  EXPECT_EQ(EndFaults(), 0);
  ExpectWorking(poller, sockets);
}

CLAUSE("kqueue-check:fault.open an Open() of which any call fails leaves no descriptor open") {
  for (const auto call : {KQUEUE_SIMULATOR_KQUEUE, KQUEUE_SIMULATOR_KEVENT, KQUEUE_SIMULATOR_CHANGE}) {
    for (int nth = 1; nth <= 3; nth++) {
      const int before = kqueue_simulator_open_count();
      kqueue_simulator_fault fault = {};
      fault.call = call;
      fault.error = ENOMEM;
      fault.nth = nth;
      REQUIRE(kqueue_simulator_inject(&fault) == 0);
      Backend* backend = nullptr;
      const SysError error = Open(&backend);
      const bool is_used = EndFaults() == 0;
      // The probe for EVFILT_EXCEPT is a change that may fail.
      if (error) EXPECT(is_used && error.code == ENOMEM && backend == nullptr);
      if (!error) Close(backend);
      EXPECT_EQ(kqueue_simulator_open_count(), before);
    }
  }
}

CLAUSE("kqueue-check:fault.interrupt a wait that is interrupted goes on, and its wake is not lost") {
  Poller poller;
  kqueue_simulator_interrupt(5);
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(20 * kMs), 0);
  EXPECT_EQ(poller.error(), 0);
  EXPECT(NowNs() - start_ns >= 20 * kMs);
  EndFaults();
  kqueue_simulator_interrupt(2);
  Wake(poller.backend());
  poller.Wait(kSecond);
  EXPECT(poller.last().woken);
  EndFaults();
}

CLAUSE("kqueue-check:fault.errno registry and knotes agree whatever error a change fails with") {
  // Some of these mean that the kernel has no such filter, which a registration may do without.
  for (const int code : {ENOMEM, EACCES, EBADF, EINVAL, ENODEV, ENOENT, ENOTSUP, ENXIO, EPERM, EPIPE, EMFILE, EIO}) {
    for (const uint32_t from : kInterests) {
      for (int nth = 1; nth <= kMostChanges; nth++) {
        SocketPair sockets;
        Poller poller;
        FailChange(code, nth);
        const int added = poller.Add(sockets.a, from);
        if (EndFaults() > 0) break;
        EXPECT_EQ(poller.registry().size(), added == 0 ? 1 : 0);
        EXPECT_EQ(CountKnotes(poller, sockets.a) > 0, added == 0);
        EXPECT_EQ(poller.Add(sockets.a, from), added == 0 ? EEXIST : 0);
        FailChange(code, nth);
        poller.Modify(sockets.a, kReadable | kWritable | kOneshot);
        EndFaults();
        const bool is_kept = poller.registry().Get(sockets.a).registered();
        EXPECT_EQ(CountKnotes(poller, sockets.a) > 0, is_kept);
        if (!is_kept) EXPECT_EQ(poller.Add(sockets.a, 0), 0);
        ExpectWorking(poller, sockets);
      }
    }
  }
}

CLAUSE("kqueue-check:fault.sentinel a writer whose sentinel is refused is registered, and only once") {
  for (const int code : {EINVAL, ENODEV, EOPNOTSUPP, ENOTSUP, ENXIO, EPERM}) {
    for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
      Pipe pipe;
      Poller poller;
      // The sentinel is the first add of the two.
      FailChange(code, 1);
      EXPECT_EQ(poller.Add(pipe.b, kWritable | mode), 0);
      EXPECT_EQ(EndFaults(), 0);
      EXPECT_EQ(CountKnotes(poller, pipe.b), 1);
      const uint32_t generation = poller.generation();
      EXPECT_EQ(poller.Add(pipe.b, kWritable | mode), EEXIST);
      EXPECT(poller.registry().IsCurrent(pipe.b, generation));
      EXPECT_EQ(poller.Await(pipe.b), kWritable);
      EXPECT_EQ(poller.Remove(pipe.b), 0);
    }
  }
}

CLAUSE("kqueue-check:fault.applied a call that is interrupted after its changes counts them once") {
  for (const uint32_t from : kInterests) {
    SocketPair sockets;
    Poller poller;
    FailAnswer(EINTR, 1);
    EXPECT_EQ(poller.Add(sockets.a, from), 0);
    EXPECT_EQ(EndFaults(), 0);
    EXPECT_EQ(poller.registry().size(), 1);
    for (const uint32_t to : kInterests) {
      SocketPair others;
      EXPECT_EQ(poller.Add(others.a, to), 0);
      FailAnswer(EINTR, 1);
      EXPECT_EQ(poller.Modify(sockets.a, to), 0);
      EXPECT_EQ(EndFaults(), 0);
      EXPECT_EQ(CountKnotes(poller, sockets.a), CountKnotes(poller, others.a));
      EXPECT_EQ(CountEnabled(poller, sockets.a), CountEnabled(poller, others.a));
      EXPECT_EQ(poller.Remove(others.a), 0);
    }
    FailAnswer(EINTR, 1);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    EXPECT_EQ(EndFaults(), 0);
    EXPECT_EQ(poller.registry().size(), 0);
    EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
    EXPECT_EQ(poller.Remove(sockets.a), ENOENT);
  }
}

CLAUSE("kqueue-check:fault.storm no operation fails although every call is interrupted") {
  SocketPair sockets;
  Poller poller;
  for (int round = 0; round < 50; round++) {
    for (int nth = 1; nth <= 3; nth++) FailCall(EINTR, nth);
    EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
    for (int nth = 1; nth <= 3; nth++) FailCall(EINTR, nth);
    EXPECT_EQ(poller.Wait(0), 0);
    EXPECT_EQ(poller.error(), 0);
    for (int nth = 1; nth <= 3; nth++) FailCall(EINTR, nth);
    EXPECT_EQ(poller.Modify(sockets.a, kWritable), 0);
    for (int nth = 1; nth <= 3; nth++) FailCall(EINTR, nth);
    EXPECT_EQ(poller.Await(sockets.a), kWritable);
    for (int nth = 1; nth <= 3; nth++) FailCall(EINTR, nth);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    EndFaults();
    EXPECT_EQ(CountKnotes(poller, sockets.a), 0);
  }
}
