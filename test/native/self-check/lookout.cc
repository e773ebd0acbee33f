#include <errno.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "lookouts";

// A lookout that is closed at the end of its scope.
class Watch {
 public:
  explicit Watch(Backend* backend) : backend_(backend) { REQUIRE(!OpenLookout(backend, &lookout_)); }
  ~Watch() { CloseLookout(backend_, lookout_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // An errno; 0: none.
  int Look() { return LookOut(backend_, lookout_, &kept).code; }
  Lookout* lookout() const { return lookout_; }
  Event kept = {};

 private:
  Backend* backend_;
  Lookout* lookout_ = nullptr;
};

constexpr uint32_t kModes[] = {0, kEdge, kOneshot, kEdge | kOneshot};

}  // namespace

CLAUSE("native:look.1 the next wait reports what a lookout has seen, in every mode") {
  for (const uint32_t mode : kModes) {
    Poller poller;
    SocketPair sockets;
    Watch watch(poller.backend());
    EXPECT_EQ(poller.Add(sockets.a, kReadable | mode), 0);
    for (int round = 0; round < 3; round++) {
      WriteByte(sockets.b);
      EXPECT_EQ(watch.Look(), 0);
      EXPECT_EQ(watch.kept.readiness, 0);
      EXPECT_EQ(poller.Poll(sockets.a), kReadable);
      Drain(sockets.a);
      EXPECT_EQ(poller.Wait(0), 0);
      if (mode & kOneshot) EXPECT_EQ(poller.Modify(sockets.a, kReadable | mode), 0);
    }
  }
}

CLAUSE("native:look.2 an event that is over before the next wait is not reported, although a lookout has seen it") {
  for (const uint32_t mode : kModes) {
    Poller poller;
    SocketPair sockets;
    Watch watch(poller.backend());
    EXPECT_EQ(poller.Add(sockets.a, kReadable | mode), 0);
    WriteByte(sockets.b);
    EXPECT_EQ(watch.Look(), 0);
    Drain(sockets.a);
    EXPECT_EQ(poller.Wait(0), 0);
    WriteByte(sockets.b);
    EXPECT_EQ(poller.Poll(sockets.a), kReadable);
  }
}

CLAUSE("native:look.3 an exclusive registration that a lookout has seen stays exclusive and is reported") {
  Poller poller;
  SocketPair sockets;
  Watch watch(poller.backend());
  if (!CapabilitiesOf(poller.backend()).exclusive) {
    EXPECT_EQ(poller.Add(sockets.a, kReadable | kExclusive), EINVAL);
    return;
  }
  for (const uint32_t mode : {0u, kEdge}) {
    EXPECT_EQ(poller.Add(sockets.a, kReadable | kExclusive | mode), 0);
    WriteByte(sockets.b);
    EXPECT_EQ(watch.Look(), 0);
    EXPECT_EQ(poller.Poll(sockets.a), kReadable);
    EXPECT(poller.registry().Get(sockets.a).flags & kExclusive);
    Drain(sockets.a);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
  }
}

CLAUSE("native:look.4 a wake ends a LookOut(), and one wait after it") {
  Poller poller;
  Watch watch(poller.backend());
  Wake(poller.backend());
  EXPECT_EQ(watch.Look(), 0);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(poller.last().woken);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(!poller.last().woken);
}

CLAUSE("native:look.5 a recall ends a LookOut(), before and while it blocks, and ends no wait") {
  Poller poller;
  Watch watch(poller.backend());
  Recall(watch.lookout());
  EXPECT_EQ(watch.Look(), 0);
  EXPECT_EQ(watch.Look(), 0);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(!poller.last().woken);
  EndRecall(watch.lookout());
  for (int round = 0; round < 200; round++) {
    std::atomic<bool> is_back{false};
    auto look = [&] {
      EXPECT_EQ(watch.Look(), 0);
      is_back = true;
    };
    Thread<decltype(look)> looking(look);
    for (int i = 0; i < round % 16; i++) sched_yield();
    EXPECT(!is_back);
    Recall(watch.lookout());
    looking.Join();
    EndRecall(watch.lookout());
  }
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(!poller.last().woken);
}

CLAUSE("native:look.6 a recall of one lookout does not end the LookOut() of another") {
  Poller poller;
  SocketPair sockets;
  Watch recalled(poller.backend());
  Watch stays(poller.backend());
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  std::atomic<bool> is_back{false};
  auto look = [&] {
    EXPECT_EQ(stays.Look(), 0);
    is_back = true;
  };
  Thread<decltype(look)> looking(look);
  for (int round = 0; round < 200; round++) {
    auto go = [&] { EXPECT_EQ(recalled.Look(), 0); };
    Thread<decltype(go)> going(go);
    Recall(recalled.lookout());
    going.Join();
    EndRecall(recalled.lookout());
  }
  EXPECT(!is_back);
  WriteByte(sockets.b);
  looking.Join();
}

CLAUSE("native:look.7 a modify of an armed oneshot registration, beside a lookout, is followed by one event at most") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  Watch watch(poller.backend());
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kOneshot), 0);
  std::atomic<bool> done{false};
  std::atomic<int> looks{0};
  auto look = [&] {
    while (!done) {
      EXPECT_EQ(watch.Look(), 0);
      looks++;
    }
  };
  Thread<decltype(look)> looking(look);
  int most = 0;
  const int64_t end_ns = NowNs() + 3 * kSecond;
  for (int round = 0; round < 20000 && NowNs() < end_ns; round++) {
    EXPECT_EQ(poller.Modify(sockets.a, kReadable | kOneshot), 0);
    for (int i = 0; i < round % 64; i++) IsOpen(sockets.a);
    EXPECT_EQ(poller.Modify(sockets.a, kReadable | kOneshot), 0);
    int events = 0;
    EXPECT(Eventually([&] { return (events += poller.Wait(0)) > 0; }));
    // The second look begins after the first has ended: the lookout keeps nothing of the first round.
    Recall(watch.lookout());
    const int before = looks;
    EXPECT(Eventually([&] { return looks >= before + 2; }));
    EndRecall(watch.lookout());
    events += poller.Wait(0);
    if (events > most) most = events;
  }
  EXPECT(most <= 1);
  done = true;
  Recall(watch.lookout());
  looking.Join();
}

CLAUSE("native:look.8 beside a lookout each modify of a oneshot registration is one event of one thread") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  Watch watch(poller.backend());
  std::atomic<bool> done{false};
  auto look = [&] {
    while (!done) EXPECT_EQ(watch.Look(), 0);
  };
  std::atomic<int> events{0};
  auto wait = [&] {
    Listener listener(poller.backend());
    while (!done) {
      EXPECT_EQ(listener.Wait(NowNs() + kMs), 0);
      events += listener.result.count;
    }
  };
  Thread<decltype(look)> looking(look);
  Thread<decltype(wait)> waiting(wait);
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kOneshot), 0);
  int lost = 0;
  const int64_t end_ns = NowNs() + 3 * kSecond;
  for (int round = 1; round <= 20000 && lost == 0 && NowNs() < end_ns; round++) {
    if (!Eventually([&] { return events >= round; })) lost++;
    EXPECT_EQ(events, round);
    EXPECT_EQ(poller.Modify(sockets.a, kReadable | kOneshot), 0);
  }
  done = true;
  waiting.Join();
  Recall(watch.lookout());
  looking.Join();
  EXPECT_EQ(lost, 0);
}

CLAUSE("native:look.9 a lookout leaves no descriptor open, and modify and remove of its descriptors change nothing") {
  const int before = CountOpen();
  {
    Poller poller;
    const int fds = CountOpen();
    {
      Watch watch(poller.backend());
      uint32_t generation = 0;
      // No call with a descriptor of the lookout harms it, whichever numbers its descriptors have.
      for (int fd = 0; fd < 4096; fd++) {
        Modify(poller.backend(), fd, kReadable, &generation);
        Remove(poller.backend(), fd);
      }
      Recall(watch.lookout());
      EXPECT_EQ(watch.Look(), 0);
    }
    EXPECT_EQ(CountOpen(), fds);
  }
  EXPECT_EQ(CountOpen(), before);
}

CLAUSE("native:look.10 an event that is given back is reported again, unless its registration has ended") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kOneshot), 0);
  EXPECT_EQ(poller.Poll(sockets.a), kReadable);
  const Event event = poller.event(0);
  EXPECT_EQ(poller.Wait(0), 0);
  if (Name()[0] == 'e') {  // only there a lookout keeps events
    GiveBack(poller.backend(), event);
    EXPECT_EQ(poller.Poll(sockets.a), kReadable);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    EXPECT_EQ(poller.Add(sockets.a, kReadable | kOneshot), 0);
    EXPECT_EQ(poller.Poll(sockets.a), kReadable);
    GiveBack(poller.backend(), event);
    EXPECT_EQ(poller.Wait(0), 0);
  }
}

CLAUSE("native:look.11 a wake that a full batch has reported is not reported again after a LookOut()") {
  Poller poller(1);
  SocketPair sockets;
  Watch watch(poller.backend());
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  Wake(poller.backend());
  EXPECT_EQ(poller.Wait(0), 1);
  int woken = poller.last().woken ? 1 : 0;
  Drain(sockets.a);
  Recall(watch.lookout());
  EXPECT_EQ(watch.Look(), 0);
  EndRecall(watch.lookout());
  for (int i = 0; i < 2; i++) {
    EXPECT_EQ(poller.Wait(0), 0);
    woken += poller.last().woken ? 1 : 0;
  }
  EXPECT_EQ(woken, 1);
}
