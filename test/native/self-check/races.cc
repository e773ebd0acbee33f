#include <errno.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "races";

constexpr int kThreads = 4;

// Threads that go through the same rounds: none starts a round before all have finished the round before.
class Rounds {
 public:
  explicit Rounds(int count) : count_(count) {}

  // Runs `body(thread, round)` on every thread, and after each round `between(round)` on one of them.
  template <typename Body, typename Between>
  void Run(Body body, Between between) {
    auto on_thread = [&](int thread) {
      for (int round = 0; round < count_; round++) {
        Meet(2 * round);
        body(thread, round);
        Meet(2 * round + 1);
        if (thread == 0) between(round);
      }
    };
    auto second = [&] { on_thread(1); };
    auto third = [&] { on_thread(2); };
    auto fourth = [&] { on_thread(3); };
    Thread<decltype(second)> b(second);
    Thread<decltype(third)> c(third);
    Thread<decltype(fourth)> d(fourth);
    on_thread(0);
  }

 private:
  void Meet(int meeting) {
    arrived_++;
    REQUIRE(Eventually([&] { return arrived_ >= kThreads * (meeting + 1); }));
  }

  const int count_;
  std::atomic<int> arrived_{0};
};

}  // namespace

CLAUSE("native:race.1 of several adds of one descriptor one succeeds, and of several removes") {
  Poller poller;
  SocketPair sockets;
  std::atomic<int> added{0};
  std::atomic<int> refused{0};
  std::atomic<int> removed{0};
  std::atomic<int> unknown{0};
  Rounds rounds(500);
  rounds.Run(
      [&](int, int round) {
        uint32_t generation = 0;
        if (round % 2 == 0) {
          const int error = Add(poller.backend(), sockets.a, kReadable, &generation).code;
          (error == 0 ? added : refused)++;
          EXPECT(error == 0 || error == EEXIST);
        } else {
          const int error = Remove(poller.backend(), sockets.a).code;
          (error == 0 ? removed : unknown)++;
          EXPECT(error == 0 || error == ENOENT);
        }
      },
      [&](int round) { EXPECT_EQ(poller.registry().size(), round % 2 == 0 ? 1 : 0); });
  EXPECT_EQ(added, 250);
  EXPECT_EQ(removed, 250);
  EXPECT_EQ(refused, 750);
  EXPECT_EQ(unknown, 750);
}

CLAUSE("native:race.2 registrations of different descriptors do not disturb each other") {
  Poller poller(64);
  SocketPair pairs[kThreads];
  Rounds rounds(500);
  rounds.Run(
      [&](int thread, int) {
        uint32_t generation = 0;
        const int fd = pairs[thread].a;
        EXPECT(!Add(poller.backend(), fd, kReadable, &generation));
        EXPECT(!Modify(poller.backend(), fd, kWritable, &generation));
        EXPECT(poller.registry().IsCurrent(fd, generation));
        EXPECT(!Remove(poller.backend(), fd));
        EXPECT(!poller.registry().IsCurrent(fd, generation));
        EXPECT(!Add(poller.backend(), fd, kWritable | kOneshot, &generation));
      },
      [&](int) {
        EXPECT_EQ(poller.registry().size(), kThreads);
        EXPECT_EQ(poller.Wait(kSecond), kThreads);
        EXPECT_EQ(poller.Wait(0), 0);
        for (SocketPair& pair : pairs) EXPECT_EQ(poller.Remove(pair.a), 0);
      });
  EXPECT_EQ(poller.registry().size(), 0);
}

CLAUSE("native:race.3 a wait that starts after a remove reports nothing of that registration") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  std::atomic<uint32_t> removed{0};
  std::atomic<bool> done{false};
  std::atomic<int> violations{0};
  std::atomic<int> unmarked{0};
  std::atomic<int> events{0};
  auto body = [&] {
    Listener listener(poller.backend());
    int32_t flag = 0;
    StaleMark mark;
    mark.flag = &flag;
    poller.registry().Attach(&mark);
    while (!done) {
      __atomic_exchange_n(&flag, 0, __ATOMIC_SEQ_CST);
      const uint32_t removed_before = removed;
      EXPECT_EQ(listener.Wait(NowNs() + kMs), 0);
      const uint32_t removed_after = removed;
      for (int i = 0; i < listener.result.count; i++) {
        const uint32_t generation = listener.events[static_cast<size_t>(i)].generation;
        events++;
        if (generation <= removed_before) violations++;
        const bool is_marked = __atomic_load_n(&flag, __ATOMIC_SEQ_CST) != 0;
        if (generation <= removed_after && !is_marked) unmarked++;
      }
    }
    poller.registry().Detach(&mark);
  };
  Thread<decltype(body)> first(body);
  Thread<decltype(body)> second(body);
  for (uint32_t round = 1; round <= 20000 || (events < 100 && round < 2000000); round++) {
    EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
    EXPECT_EQ(poller.generation(), round);
    if (round % 3 == 0) EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable | kEdge), 0);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    removed = round;
  }
  done = true;
  first.Join();
  second.Join();
  EXPECT(events > 0);
  EXPECT_EQ(violations, 0);
  EXPECT_EQ(unmarked, 0);
}

CLAUSE("native:race.4 a registration that stays is reported although others come and go") {
  Poller poller;
  SocketPair stays;
  SocketPair changes;
  EXPECT_EQ(poller.Add(stays.a, kReadable | kEdge), 0);
  std::atomic<int> bytes{0};
  std::atomic<bool> done{false};
  auto wait = [&] {
    Listener listener(poller.backend(), 1);
    while (!done) {
      EXPECT_EQ(listener.Wait(NowNs() + kMs), 0);
      for (int i = 0; i < listener.result.count; i++) {
        if (listener.events[0].fd == stays.a) bytes += Drain(stays.a);
      }
    }
  };
  auto change = [&] {
    uint32_t generation = 0;
    for (uint32_t i = 0; !done; i++) {
      EXPECT(!Add(poller.backend(), changes.a, kWritable, &generation));
      EXPECT(!Modify(poller.backend(), changes.a, i % 2 == 0 ? 0 : kWritable | kOneshot, &generation));
      EXPECT(!Remove(poller.backend(), changes.a));
    }
  };
  Thread<decltype(wait)> first(wait);
  Thread<decltype(wait)> second(wait);
  Thread<decltype(change)> third(change);
  for (int round = 1; round <= 300; round++) {
    WriteByte(stays.b);
    EXPECT(Eventually([&] { return bytes == round; }));
  }
  done = true;
}

CLAUSE("native:race.5 a modify and a remove at the same time have the outcome of one order or the other") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  std::atomic<int> odd{0};
  Rounds rounds(500);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  rounds.Run(
      [&](int thread, int) {
        uint32_t generation = 0;
        const int error = thread == 0 ? Remove(poller.backend(), sockets.a).code
                                      : Modify(poller.backend(), sockets.a, kReadable | kOneshot, &generation).code;
        if (error != 0 && (thread == 0 || error != ENOENT)) odd++;
      },
      [&](int) {
        EXPECT_EQ(poller.registry().size(), 0);
        EXPECT_EQ(poller.Wait(0), 0);
        EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
      });
  EXPECT_EQ(odd, 0);
}

CLAUSE("native:race.6 a ready descriptor that is added while threads wait is reported, by edge too") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  std::atomic<uint32_t> seen{0};
  std::atomic<bool> done{false};
  auto wait = [&] {
    Listener listener(poller.backend());
    while (!done) {
      EXPECT_EQ(listener.Wait(NowNs() + 10 * kMs), 0);
      for (int i = 0; i < listener.result.count; i++) {
        seen = listener.events[static_cast<size_t>(i)].generation;
      }
    }
  };
  Thread<decltype(wait)> first(wait);
  Thread<decltype(wait)> second(wait);
  for (uint32_t round = 1; round <= 5000; round++) {
    EXPECT_EQ(poller.Add(sockets.a, kReadable | kEdge), 0);
    const bool is_seen = Eventually([&] { return seen == round; });
    EXPECT(is_seen);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    if (!is_seen) break;
  }
  done = true;
}

CLAUSE("native:race.7 an armed oneshot reports a FIFO whose writer went and came back while it waited") {
  Fifo fifo;
  Poller poller;
  EXPECT_EQ(poller.Add(fifo.a, kReadable | kOneshot), 0);
  std::atomic<int> begun{0};
  std::atomic<int> done{0};
  auto reopen = [&] {
    for (int round = 1;; round++) {
      if (!Eventually([&] { return begun >= round || begun < 0; }) || begun < 0) return;
      fifo.CloseB();
      for (int i = 0; i < round % 64; i++) sched_yield();
      fifo.OpenB();
      done = round;
    }
  };
  Thread<decltype(reopen)> writer(reopen);
  int lost = 0;
  const int64_t end_ns = NowNs() + 2 * kSecond;
  for (int round = 1; round <= 4000 && lost == 0 && NowNs() < end_ns; round++) {
    EXPECT_EQ(poller.Modify(fifo.a, kReadable | kOneshot), 0);
    begun = round;
    bool is_reported = false;
    while (done < round) {
      if (poller.Poll(fifo.a) != 0) is_reported = true;
    }
    WriteByte(fifo.b);
    if (!is_reported && poller.Await(fifo.a) == 0) lost++;
    Drain(fifo.a);
  }
  begun = -1;
  writer.Join();
  EXPECT_EQ(lost, 0);
}

CLAUSE("native:race.8 each modify of a oneshot registration is one event, whoever waits meanwhile") {
  constexpr int kRounds = 80000;
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  std::atomic<int> events{0};
  std::atomic<uint32_t> reported{0};
  std::atomic<bool> done{false};
  auto wait = [&] {
    Listener listener(poller.backend());
    for (uint32_t waits = 0; !done;) {
      EXPECT_EQ(listener.Wait(kPollOnly), 0);
      for (int i = 0; i < listener.result.count; i++) {
        reported = listener.events[static_cast<size_t>(i)].readiness;
        events++;
      }
      // On kernels where one lock covers a kqueue, this loop would hardly let other threads in without a pause.
      if (++waits % 32 == 0) sched_yield();
    }
  };
  Thread<decltype(wait)> waiting(wait);
  EXPECT_EQ(poller.Add(sockets.a, 0), 0);
  // The kernel may report for the new interest while this thread is still in the call that has set it.
  int lost = 0;
  const int64_t end_ns = NowNs() + 5 * kSecond;  // where rounds are slow
  for (int round = 1; round <= kRounds && lost == 0 && NowNs() < end_ns; round++) {
    const uint32_t interest = round % 2 == 0 ? kReadable : kWritable;
    EXPECT_EQ(poller.Modify(sockets.a, interest | kOneshot), 0);
    if (!Eventually([&] { return events >= round; }))
      lost++;
    else
      EXPECT_EQ(reported, interest);
  }
  done = true;
  waiting.Join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(poller.Wait(0), 0);
}
