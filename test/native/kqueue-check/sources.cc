// Timers, events and processes as descriptors: native/bsd/kqueue_sources.cc.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../native/common/source_calls.h"
#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "sources";

// A descriptor that is closed at the end of its scope.
struct Owned {
  int fd = -1;
  Owned() = default;
  ~Owned() {
    if (fd >= 0) close(fd);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
};

TimeParts Parts(int64_t ns) { return {ns / kSecond, static_cast<int32_t>(ns % kSecond)}; }

struct Timer : Owned {
  explicit Timer(TimerClock clock = TimerClock::kMonotonic) { REQUIRE(!OpenTimer(clock, &fd)); }
  void Set(int64_t first_ns, int64_t period_ns = 0, bool is_absolute = false) {
    EXPECT(!SetTimer(fd, {Parts(first_ns), is_absolute, Parts(period_ns)}));
  }
  // 0: none.
  int64_t Read() {
    uint64_t count = 0;
    const SysError error = ReadTimer(fd, &count);
    EXPECT(!error || error.code == EAGAIN);
    return static_cast<int64_t>(count);
  }
};

struct Counter : Owned {
  explicit Counter(uint32_t initial = 0) { REQUIRE(!OpenEvent(initial, &fd)); }
  void Add(uint64_t count) { EXPECT(!AddToEvent(fd, count)); }
  int64_t Read() {
    uint64_t count = 0;
    const SysError error = ReadEvent(fd, &count);
    EXPECT(!error || error.code == EAGAIN);
    return static_cast<int64_t>(count);
  }
};

void Sleep(int64_t length_ns) {
  for (const int64_t end = NowNs() + length_ns; NowNs() < end;) usleep(1000);
}

}  // namespace

CLAUSE("kqueue-check:sources.1 a timer is readable once its time has come, and counts once") {
  Timer timer;
  Poller poller;
  EXPECT_EQ(poller.Add(timer.fd, kReadable), 0);
  EXPECT_EQ(poller.Poll(timer.fd), 0);
  EXPECT_EQ(timer.Read(), 0);
  const int64_t start = NowNs();
  timer.Set(20 * kMs + 500000);
  EXPECT_EQ(poller.Await(timer.fd), kReadable);
  EXPECT(NowNs() - start >= 20 * kMs + 500000);
  EXPECT_EQ(poller.Poll(timer.fd), kReadable);
  EXPECT_EQ(timer.Read(), 1);
  EXPECT_EQ(poller.Poll(timer.fd), 0);
  EXPECT_EQ(timer.Read(), 0);
}

CLAUSE("kqueue-check:sources.2 a periodic timer counts every period that is over, and none that is not") {
  Timer timer;
  Poller poller;
  EXPECT_EQ(poller.Add(timer.fd, kReadable), 0);
  const int64_t start = NowNs();
  timer.Set(10 * kMs, 5 * kMs);
  for (int64_t count = 0; count < 10;) {
    EXPECT_EQ(poller.Await(timer.fd), kReadable);
    count += timer.Read();
    EXPECT(count <= (NowNs() - start - 10 * kMs) / (5 * kMs) + 1);
  }
  timer.Set(kMs, kMs);
  Sleep(50 * kMs);
  EXPECT(timer.Read() >= 49);
  timer.Set(0);
  EXPECT_EQ(poller.Poll(timer.fd), 0);
  EXPECT_EQ(timer.Read(), 0);
}

CLAUSE("kqueue-check:sources.3 a setting replaces the former one, and its expirations that were not read") {
  Timer timer;
  Poller poller;
  EXPECT_EQ(poller.Add(timer.fd, kReadable), 0);
  timer.Set(1);
  EXPECT_EQ(poller.Await(timer.fd), kReadable);
  timer.Set(1000 * kSecond);
  EXPECT_EQ(poller.Poll(timer.fd), 0);
  EXPECT_EQ(timer.Read(), 0);
  timer.Set(kMs);
  EXPECT_EQ(poller.Await(timer.fd), kReadable);
  EXPECT_EQ(timer.Read(), 1);
}

CLAUSE("kqueue-check:sources.4 a point in time is one of the timer's clock; the farthest is never reached") {
  for (const TimerClock clock : {TimerClock::kMonotonic, TimerClock::kRealtime}) {
    Timer timer(clock);
    Poller poller;
    EXPECT_EQ(poller.Add(timer.fd, kReadable), 0);
    timespec wall = {};
    clock_gettime(clock == TimerClock::kRealtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, &wall);
    const int64_t now = wall.tv_sec * kSecond + wall.tv_nsec;
    timer.Set(now + 1000 * kSecond, 0, true);
    EXPECT_EQ(poller.Poll(timer.fd), 0);
    timer.Set(now - kSecond, kSecond / 10, true);
    EXPECT_EQ(poller.Await(timer.fd), kReadable);
    EXPECT(timer.Read() >= 11);
    EXPECT(!SetTimer(timer.fd, {{INT64_MAX, 999999999}, true, {INT64_MAX, 0}}));
    EXPECT(!SetTimer(timer.fd, {{INT64_MAX, 999999999}, false, {INT64_MAX, 0}}));
    EXPECT_EQ(poller.Poll(timer.fd), 0);
    EXPECT_EQ(timer.Read(), 0);
  }
  int fd = -1;
  EXPECT_EQ(OpenTimer(TimerClock::kBootTime, &fd).code, ENOSYS);
}

CLAUSE("kqueue-check:sources.5 an event is readable while its count is not 0") {
  Counter event(3);
  Poller poller;
  EXPECT_EQ(poller.Add(event.fd, kReadable), 0);
  EXPECT_EQ(poller.Await(event.fd), kReadable);
  EXPECT_EQ(event.Read(), 3);
  EXPECT_EQ(event.Read(), 0);
  for (int round = 1; round <= 3; round++) {
    EXPECT_EQ(poller.Poll(event.fd), 0);
    event.Add(0);
    EXPECT_EQ(poller.Poll(event.fd), 0);
    event.Add(static_cast<uint64_t>(round));
    event.Add(10);
    EXPECT_EQ(poller.Await(event.fd), kReadable);
    EXPECT_EQ(poller.Await(event.fd), kReadable);
    EXPECT_EQ(event.Read(), round + 10);
  }
  event.Add(UINT64_MAX - 1);
  EXPECT_EQ(AddToEvent(event.fd, 1).code, EAGAIN);
  EXPECT_EQ(event.Read(), static_cast<int64_t>(UINT64_MAX - 1));
}

CLAUSE("kqueue-check:sources.6 with edge, what is added after a read is reported anew, and so is the next expiration") {
  Counter event;
  Timer timer;
  Poller poller;
  EXPECT_EQ(poller.Add(event.fd, kReadable | kEdge), 0);
  EXPECT_EQ(poller.Add(timer.fd, kReadable | kEdge), 0);
  for (int round = 0; round < 20; round++) {
    event.Add(1);
    EXPECT_EQ(poller.Await(event.fd), kReadable);
    EXPECT_EQ(event.Read(), 1);
  }
  timer.Set(kMs, kMs);
  for (int64_t count = 0; count < 20;) {
    EXPECT_EQ(poller.Await(timer.fd), kReadable);
    count += timer.Read();
  }
}

CLAUSE("kqueue-check:sources.7 threads add to an event, and no count is lost") {
  constexpr int kRounds = 500;
  Counter event;
  auto add = [&] {
    for (int i = 0; i < kRounds; i++) event.Add(1);
  };
  int64_t sum = 0;
  {
    Thread<decltype(add)> first(add);
    Thread<decltype(add)> second(add);
    EXPECT(Eventually([&] { return (sum += event.Read()) >= 2 * kRounds; }));
  }
  EXPECT_EQ(sum, 2 * kRounds);
  EXPECT_EQ(event.Read(), 0);
}

CLAUSE("kqueue-check:sources.8 a process is readable once it has ended; one that is not there is ESRCH") {
  const pid_t pid = fork();
  if (pid == 0) {
    for (;;) pause();
  }
  Owned process;
  REQUIRE(!OpenProcess(pid, &process.fd));
  Poller poller;
  EXPECT_EQ(poller.Add(process.fd, kReadable), 0);
  EXPECT_EQ(poller.Poll(process.fd), 0);
  kill(pid, SIGKILL);
  EXPECT_EQ(poller.Await(process.fd), kReadable);
  waitpid(pid, nullptr, 0);
  EXPECT_EQ(poller.Poll(process.fd), kReadable);
  int fd = -1;
  EXPECT_EQ(OpenProcess(pid, &fd).code, ESRCH);
}

CLAUSE("kqueue-check:sources.9 what is no source of that kind is EINVAL, and a closed number EBADF") {
  Timer timer;
  Counter event;
  Poller poller;
  SocketPair sockets;
  Owned plain;
  plain.fd = kqueue();
  uint64_t count = 0;
  for (const int fd : {event.fd, sockets.a, plain.fd}) {
    EXPECT_EQ(SetTimer(fd, {}).code, EINVAL);
    EXPECT_EQ(ReadTimer(fd, &count).code, EINVAL);
  }
  for (const int fd : {timer.fd, sockets.a, plain.fd}) {
    EXPECT_EQ(AddToEvent(fd, 1).code, EINVAL);
    EXPECT_EQ(ReadEvent(fd, &count).code, EINVAL);
  }
  EXPECT_EQ(ReadEvent(1000000, &count).code, EBADF);
  EXPECT_EQ(ReadTimer(1000000, &count).code, EBADF);
}

CLAUSE(
    "kqueue-check:sources.10 a number that comes back as another source is that source; a failed opening leaves "
    "nothing") {
  Counter kept(7);
  const int before = CountOpen();
  for (int i = 0; i < 200; i++) {
    Counter event(static_cast<uint32_t>(i));
    EXPECT_EQ(event.Read(), i);
    Timer timer;
    uint64_t count = 0;
    EXPECT_EQ(ReadEvent(timer.fd, &count).code, EINVAL);
  }
  EXPECT_EQ(kept.Read(), 7);
  int fd = -1;
  for (int nth = 1; nth <= 3; nth++) {
    FailChange(ENOMEM, nth);
    const bool is_timer_open = !OpenTimer(TimerClock::kMonotonic, &fd);
    EndFaults();
    if (is_timer_open) close(fd);
    FailChange(ENOMEM, nth);
    const bool is_event_open = !OpenEvent(1, &fd);
    EndFaults();
    if (is_event_open) close(fd);
    EXPECT(is_timer_open == (nth > 1));
  }
  EXPECT_EQ(CountOpen(), before);
}

CLAUSE("kqueue-check:sources.11 a timer that the kernel refuses is an error, and can be set again") {
  Timer timer;
  Poller poller;
  EXPECT_EQ(poller.Add(timer.fd, kReadable), 0);
  kqueue_simulator_fault fault = {};
  fault.call = KQUEUE_SIMULATOR_CHANGE;
  fault.error = ENOMEM;
  fault.nth = 1;
  fault.flags_mask = EV_ADD;
  REQUIRE(kqueue_simulator_inject(&fault) == 0);
  EXPECT_EQ(SetTimer(timer.fd, {Parts(kMs), false, {}}).code, ENOMEM);
  EXPECT_EQ(EndFaults(), 0);
  EXPECT_EQ(timer.Read(), 0);
  timer.Set(kMs);
  EXPECT_EQ(poller.Await(timer.fd), kReadable);
  EXPECT_EQ(timer.Read(), 1);
}
