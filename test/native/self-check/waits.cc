#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "waits";

std::atomic<int> signals{0};
void OnSignal(int) { signals++; }

}  // namespace

CLAUSE("native:timeout.1 a wait without an event lasts until its deadline, and not much longer") {
  Poller poller;
  for (const int64_t timeout_ns : {1 * kMs, 7 * kMs, 50 * kMs, 1 * kMs + 1}) {
    const int64_t start_ns = NowNs();
    EXPECT_EQ(poller.Wait(timeout_ns), 0);
    EXPECT_EQ(poller.error(), 0);
    const int64_t took_ns = NowNs() - start_ns;
    EXPECT(took_ns >= timeout_ns);
    EXPECT(took_ns < timeout_ns + 5 * kSecond);
  }
}

CLAUSE("native:timeout.2 a timeout below a millisecond is honoured, rounded up to the resolution") {
  Poller poller;
  for (const int64_t timeout_ns : {int64_t{1}, int64_t{999}, int64_t{100000}, int64_t{999999}}) {
    for (int round = 0; round < 20; round++) {
      const int64_t start_ns = NowNs();
      EXPECT_EQ(poller.Wait(timeout_ns), 0);
      EXPECT(NowNs() - start_ns >= timeout_ns);
    }
  }
}

CLAUSE("native:timeout.3 a wait without blocking, and one whose deadline has passed, return at once") {
  Poller poller;
  EXPECT_EQ(poller.Wait(0), 0);
  Listener listener(poller.backend());
  EXPECT_EQ(listener.Wait(1), 0);
  EXPECT_EQ(listener.result.count, 0);
}

CLAUSE("native:timeout.4 a wait with the latest deadline possible lasts until an event comes") {
  Poller poller;
  SocketPair sockets;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  for (const int64_t deadline_ns : {kNever, kNever - 1, NowNs() + INT64_MAX / 4}) {
    std::atomic<bool> is_waiting{false};
    auto body = [&] {
      Listener listener(poller.backend());
      is_waiting = true;
      EXPECT_EQ(listener.Wait(deadline_ns), 0);
      EXPECT_EQ(listener.result.count, 1);
    };
    Thread<decltype(body)> thread(body);
    EXPECT(Eventually([&] { return is_waiting.load(); }));
    WriteByte(sockets.b);
    thread.Join();
    Drain(sockets.a);
  }
}

CLAUSE("native:signal.1 signals neither end a wait nor shorten or lengthen it") {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = OnSignal;
  struct sigaction former;
  sigaction(SIGUSR1, &action, &former);
  Poller poller;
  signals = 0;
  std::atomic<bool> done{false};
  const pthread_t waiting = pthread_self();
  auto body = [&] {
    while (!done) {
      pthread_kill(waiting, SIGUSR1);
      sched_yield();
    }
  };
  Thread<decltype(body)> thread(body);
  EXPECT(Eventually([&] { return signals > 0; }));
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(60 * kMs), 0);
  const int64_t took_ns = NowNs() - start_ns;
  done = true;
  thread.Join();
  EXPECT_EQ(poller.error(), 0);
  EXPECT(took_ns >= 60 * kMs);
  EXPECT(took_ns < 5 * kSecond);
  EXPECT(signals > 0);
  sigaction(SIGUSR1, &former, nullptr);
}

CLAUSE("native:wake.1 a wake before the wait is not lost, and several wakes are one") {
  Poller poller;
  for (int i = 0; i < 3; i++) Wake(poller.backend());
  EXPECT_EQ(poller.Wait(10 * kSecond), 0);
  EXPECT(poller.last().woken);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT(!poller.last().woken);
}

CLAUSE("native:wake.2 a wake comes along with events, and is no event itself") {
  Poller poller;
  SocketPair sockets;
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  Wake(poller.backend());
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  EXPECT_EQ(poller.last().count, 1);
  EXPECT(poller.last().woken);
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  EXPECT(!poller.last().woken);
}

CLAUSE("native:wake.3 a wake is reported although every batch is full") {
  Poller poller(1);
  SocketPair pairs[3];
  for (SocketPair& pair : pairs) {
    EXPECT_EQ(poller.Add(pair.a, kWritable), 0);
  }
  Wake(poller.backend());
  int woken = 0;
  for (int round = 0; round < 12; round++) {
    poller.Wait(0);
    woken += poller.last().woken ? 1 : 0;
  }
  EXPECT_EQ(woken, 1);
}

CLAUSE("native:wake.4 a wake ends a blocked wait of another thread") {
  Poller poller;
  for (int round = 0; round < 50; round++) {
    std::atomic<bool> is_waiting{false};
    auto body = [&] {
      Listener listener(poller.backend());
      is_waiting = true;
      EXPECT_EQ(listener.Wait(kNever), 0);
      EXPECT(listener.result.woken);
    };
    Thread<decltype(body)> thread(body);
    EXPECT(Eventually([&] { return is_waiting.load(); }));
    Wake(poller.backend());
  }
}

CLAUSE("native:wake.5 each wake is reported once while threads take full batches") {
  Poller poller;
  SocketPair pairs[3];
  for (SocketPair& pair : pairs) {
    EXPECT_EQ(poller.Add(pair.a, kWritable), 0);
  }
  std::atomic<int> answers{0};
  std::atomic<bool> done{false};
  auto body = [&] {
    Listener listener(poller.backend(), 1);
    while (!done) {
      EXPECT_EQ(listener.Wait(kNever), 0);
      if (listener.result.woken) answers++;
    }
  };
  {
    Thread<decltype(body)> first(body);
    Thread<decltype(body)> second(body);
    for (int round = 1; round <= 300; round++) {
      Wake(poller.backend());
      EXPECT(Eventually([&] { return answers == round; }));
    }
    done = true;
  }
  EXPECT_EQ(answers, 300);
}

CLAUSE("native:close.1 Close() closes every descriptor that Open() has opened") {
  const int before = CountOpen();
  Backend* backend = nullptr;
  EXPECT(!Open(&backend));
  const int fd = Descriptor(backend);
  EXPECT(CountOpen() > before);
  EXPECT(IsOpen(fd));
  Close(backend);
  EXPECT(!IsOpen(fd));
  EXPECT_EQ(CountOpen(), before);
}

CLAUSE("native:close.2 a thousand pollers that are closed leave no descriptor open") {
  const int before = CountOpen();
  SocketPair sockets;
  for (int i = 0; i < 1000; i++) {
    Poller poller(1);
    EXPECT_EQ(poller.Add(sockets.a, kWritable), 0);
    EXPECT_EQ(poller.Await(sockets.a), kWritable);
  }
  EXPECT_EQ(CountOpen(), before + 2);
}
