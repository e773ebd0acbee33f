#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "delivery to threads";

}  // namespace

CLAUSE("native:delivery.1 each oneshot event reaches one of four waiting threads, however often it is re-armed") {
  constexpr int kRounds = 1000;
  for (const uint32_t mode : {kOneshot, kOneshot | kEdge}) {
    Poller poller;
    SocketPair sockets;
    EXPECT_EQ(poller.Add(sockets.a, kReadable | mode), 0);
    std::atomic<int> owners{0};
    std::atomic<int> most_owners{0};
    std::atomic<int> events{0};
    std::atomic<int> bytes{0};
    auto handle = [&](Listener& listener) {
      for (int i = 0; i < listener.result.count; i++) {
        if (++owners > 1) most_owners = 2;
        bytes += Drain(sockets.a);
        owners--;
        uint32_t generation = 0;
        EXPECT(!Modify(poller.backend(), sockets.a, kReadable | mode, &generation));
        events++;
      }
    };
    Listeners<decltype(handle)> listeners(poller.backend(), 4, handle);
    for (int round = 1; round <= kRounds; round++) {
      WriteByte(sockets.b);
      EXPECT(Eventually([&] { return bytes == round && events >= round; }));
    }
    listeners.End();
    EXPECT_EQ(most_owners, 0);
    EXPECT_EQ(events, kRounds);
    EXPECT_EQ(bytes, kRounds);
  }
}

CLAUSE("native:delivery.2 an edge reaches one of the waiting threads") {
  constexpr int kRounds = 1000;
  Poller poller;
  SocketPair sockets;
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kEdge), 0);
  std::atomic<int> events{0};
  auto handle = [&](Listener& listener) { events += listener.result.count; };
  Listeners<decltype(handle)> listeners(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    WriteByte(sockets.b);
    EXPECT(Eventually([&] { return events >= round; }));
    EXPECT_EQ(Drain(sockets.a), 1);
  }
  listeners.End();
  EXPECT_EQ(events, kRounds);
}

CLAUSE("native:delivery.3 simultaneous edges of ten descriptors are ten events, whichever threads take them") {
  constexpr int kPairs = 10;
  constexpr int kRounds = 100;
  SocketPair pairs[kPairs];
  Poller poller;
  for (SocketPair& pair : pairs) {
    EXPECT_EQ(poller.Add(pair.a, kReadable | kEdge), 0);
  }
  std::atomic<int> events{0};
  std::atomic<int> of_fd[256] = {};
  auto handle = [&](Listener& listener) {
    for (int i = 0; i < listener.result.count; i++) {
      of_fd[listener.events[static_cast<size_t>(i)].fd & 255]++;
    }
    events += listener.result.count;
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 1, handle);
  for (int round = 1; round <= kRounds; round++) {
    for (SocketPair& pair : pairs) WriteByte(pair.b);
    EXPECT(Eventually([&] { return events >= kPairs * round; }));
  }
  listeners.End();
  EXPECT_EQ(events, kPairs * kRounds);
  for (SocketPair& pair : pairs) EXPECT_EQ(of_fd[pair.a & 255], kRounds);
}

CLAUSE("native:delivery.4 a level event reaches at least one of the waiting threads until the descriptor is drained") {
  constexpr int kRounds = 200;
  Poller poller;
  SocketPair sockets;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  std::atomic<int> bytes{0};
  std::atomic<int> events{0};
  auto handle = [&](Listener& listener) {
    events += listener.result.count;
    bytes += Drain(sockets.a);
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    WriteByte(sockets.b);
    EXPECT(Eventually([&] { return bytes == round; }));
  }
  listeners.End();
  EXPECT(events >= kRounds);
}

CLAUSE("native:delivery.5 a wake reaches one of the waiting threads") {
  constexpr int kRounds = 1000;
  Poller poller;
  std::atomic<int> wakes{0};
  auto handle = [&](Listener& listener) {
    EXPECT_EQ(listener.result.count, 0);
    wakes += listener.result.woken ? 1 : 0;
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    Wake(poller.backend());
    EXPECT(Eventually([&] { return wakes >= round; }));
  }
  listeners.End();
  EXPECT_EQ(wakes, kRounds);
}

CLAUSE("native:delivery.6 the last of thousands of wakes from three threads is not lost") {
  Poller poller;
  std::atomic<int> posted{0};
  std::atomic<int> seen{0};
  auto handle = [&](Listener& listener) {
    if (!listener.result.woken) return;
    // Whatever was stored before this wake is visible to the thread that it wakes.
    const int now = posted;
    for (int old = seen; old < now && !seen.compare_exchange_weak(old, now);) {
    }
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 4, handle);
  for (int round = 0; round < 10; round++) {
    auto storm = [&] {
      for (int i = 0; i < 200; i++) {
        posted++;
        Wake(poller.backend());
      }
    };
    Thread<decltype(storm)> first(storm);
    Thread<decltype(storm)> second(storm);
    Thread<decltype(storm)> third(storm);
    first.Join();
    second.Join();
    third.Join();
    EXPECT(Eventually([&] { return seen == posted; }));
  }
  listeners.End();
  EXPECT_EQ(seen, 6000);
}
