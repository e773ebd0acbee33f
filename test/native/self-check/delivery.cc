#include <errno.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "delivery to threads";

// Four threads that wait on one backend, and hand each result to `handle`, until it is closed.
template <typename Handle>
class Waiters {
 public:
  Waiters(Backend* backend, int capacity, Handle handle)
      : backend_(backend),
        body_{backend, capacity, &ended_, handle},
        first_(body_),
        second_(body_),
        third_(body_),
        fourth_(body_) {}
  ~Waiters() { End(); }

  // Returns how many threads ended because the backend was closed.
  int End() {
    Close(backend_);
    first_.Join();
    second_.Join();
    third_.Join();
    fourth_.Join();
    return ended_;
  }

 private:
  struct Body {
    Backend* backend;
    int capacity;
    std::atomic<int>* ended;
    Handle handle;

    void operator()() {
      Listener listener(backend, capacity);
      int error = 0;
      while ((error = listener.Wait(kNever)) == 0) handle(listener);
      if (error == ECANCELED) (*ended)++;
    }
  };

  Backend* backend_;
  std::atomic<int> ended_{0};
  Body body_;
  Thread<Body> first_;
  Thread<Body> second_;
  Thread<Body> third_;
  Thread<Body> fourth_;
};

}  // namespace

CLAUSE("native:delivery.1 a oneshot event has one owner, over a thousand rounds of re-arming") {
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
    Waiters<decltype(handle)> waiters(poller.backend(), 4, handle);
    for (int round = 1; round <= kRounds; round++) {
      WriteByte(sockets.b);
      EXPECT(Eventually([&] { return bytes == round && events >= round; }));
    }
    EXPECT_EQ(waiters.End(), 4);
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
  Waiters<decltype(handle)> waiters(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    WriteByte(sockets.b);
    EXPECT(Eventually([&] { return events >= round; }));
    EXPECT_EQ(Drain(sockets.a), 1);
  }
  EXPECT_EQ(waiters.End(), 4);
  EXPECT_EQ(events, kRounds);
}

CLAUSE("native:delivery.3 edges of ten descriptors at once are ten events, whoever gets them") {
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
  Waiters<decltype(handle)> waiters(poller.backend(), 1, handle);
  for (int round = 1; round <= kRounds; round++) {
    for (SocketPair& pair : pairs) WriteByte(pair.b);
    EXPECT(Eventually([&] { return events >= kPairs * round; }));
  }
  EXPECT_EQ(waiters.End(), 4);
  EXPECT_EQ(events, kPairs * kRounds);
  for (SocketPair& pair : pairs) EXPECT_EQ(of_fd[pair.a & 255], kRounds);
}

CLAUSE("native:delivery.4 a level event reaches at least one, until it is drained") {
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
  Waiters<decltype(handle)> waiters(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    WriteByte(sockets.b);
    EXPECT(Eventually([&] { return bytes == round; }));
  }
  EXPECT_EQ(waiters.End(), 4);
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
  Waiters<decltype(handle)> waiters(poller.backend(), 4, handle);
  for (int round = 1; round <= kRounds; round++) {
    Wake(poller.backend());
    EXPECT(Eventually([&] { return wakes >= round; }));
  }
  EXPECT_EQ(waiters.End(), 4);
  EXPECT_EQ(wakes, kRounds);
}

CLAUSE("native:delivery.6 in a storm of wakes the last one is not lost") {
  Poller poller;
  std::atomic<int> posted{0};
  std::atomic<int> seen{0};
  auto handle = [&](Listener& listener) {
    if (!listener.result.woken) return;
    // What was posted before this wake is visible to whom it woke.
    const int now = posted;
    for (int old = seen; old < now && !seen.compare_exchange_weak(old, now);) {
    }
  };
  Waiters<decltype(handle)> waiters(poller.backend(), 4, handle);
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
  EXPECT_EQ(waiters.End(), 4);
  EXPECT_EQ(seen, 6000);
}
