// Many threads on shared kqueues: every event reaches exactly one thread, none is lost, nothing is left behind.
// Meant to run under ThreadSanitizer and AddressSanitizer.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "simulator.h"

namespace {

constexpr int kWaiters = 4;
constexpr int kSources = 8;
constexpr int kRounds = 300;

#define REQUIRE(condition)                                                                      \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      fprintf(stderr, "%s:%d: %s: not so (errno %d)\n", __func__, __LINE__, #condition, errno); \
      abort();                                                                                  \
    }                                                                                           \
  } while (0)

int Change(int kq, uintptr_t ident, int filter, int flags, unsigned fflags = 0, int64_t data = 0) {
  struct kevent change;
  EV_SET(&change, ident, filter, flags, fflags, data, nullptr);
  return kevent(kq, &change, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
}

struct Sources {
  int ends[kSources][2];
  Sources() {
    for (auto& pair : ends) REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  }
  ~Sources() {
    for (auto& pair : ends) {
      close(pair[0]);
      close(pair[1]);
    }
  }
};

// A pipe that becomes readable to end all waiters. Nobody reads from it, so that it stays readable.
struct StopSign {
  int ends[2];
  StopSign() { REQUIRE(pipe(ends) == 0); }
  ~StopSign() {
    close(ends[0]);
    close(ends[1]);
  }
  void Watch(int kq) const { REQUIRE(Change(kq, ends[0], EVFILT_READ, EV_ADD) == 0); }
  void Raise() const { REQUIRE(write(ends[1], "x", 1) == 1); }
  bool IsIn(const struct kevent& event) const { return event.ident == static_cast<uintptr_t>(ends[0]); }
};

// When a knote is enabled, NetBSD does not check for data that was left unread.
void Rearm(int kq, uintptr_t ident, int mode) {
  if (mode == EV_DISPATCH && strcmp(kqueue_simulator_personality(), "netbsd") != 0) {
    REQUIRE(Change(kq, ident, EVFILT_READ, EV_ENABLE) == 0);
    return;
  }
  if (mode == EV_DISPATCH) REQUIRE(Change(kq, ident, EVFILT_READ, EV_DELETE) == 0);
  REQUIRE(Change(kq, ident, EVFILT_READ, EV_ADD | mode) == 0);
}

// One token per source goes round: the waiter that gets its event reads it, re-arms and passes it on. If two waiters
// got one event, a read would find nothing; if an event were lost, the rounds would never end.
void DeliversToExactlyOne(int mode) {
  const int kq = kqueue();
  Sources sources;
  StopSign stop;
  stop.Watch(kq);
  std::atomic<int> taken{0};
  auto wait = [&] {
    for (;;) {
      struct kevent event;
      REQUIRE(kevent(kq, nullptr, 0, &event, 1, nullptr) == 1);
      if (stop.IsIn(event)) return;
      char byte;
      REQUIRE(recv(static_cast<int>(event.ident), &byte, 1, MSG_DONTWAIT) == 1);
      const int total = ++taken;
      if (total == kRounds * kSources) stop.Raise();
      if (mode != EV_CLEAR) Rearm(kq, event.ident, mode);
      if (total <= (kRounds - 1) * kSources) {
        const int writer = static_cast<int>(reinterpret_cast<intptr_t>(event.udata));
        REQUIRE(mode != EV_CLEAR || write(writer, "t", 1) == 1);
      }
    }
  };
  std::vector<std::thread> waiters;
  for (int i = 0; i < kWaiters; i++) waiters.emplace_back(wait);
  for (auto& pair : sources.ends) {
    struct kevent change;
    EV_SET(&change, pair[0], EVFILT_READ, EV_ADD | mode, 0, 0, static_cast<intptr_t>(pair[1]));
    REQUIRE(kevent(kq, &change, 1, nullptr, 0, nullptr) == 0);
    REQUIRE(write(pair[1], "t", 1) == 1);
  }
  if (mode != EV_CLEAR) {
    for (int round = 1; round < kRounds; round++) {
      for (auto& pair : sources.ends) REQUIRE(write(pair[1], "t", 1) == 1);
    }
  }
  for (std::thread& waiter : waiters) waiter.join();
  REQUIRE(taken == kRounds * kSources);
  close(kq);
}

// Triggers are merged, but the last one is always reported.
void WakesByUserEvents() {
  const char* kernel = kqueue_simulator_personality();
  if (strcmp(kernel, "netbsd") == 0 || strcmp(kernel, "openbsd") == 0) return;
  const int kq = kqueue();
  REQUIRE(Change(kq, 7, EVFILT_USER, EV_ADD | EV_CLEAR) == 0);
  std::atomic<int> asked{0};
  std::atomic<int> heard{0};
  std::thread waiter([&] {
    while (heard < kRounds) {
      struct kevent event;
      REQUIRE(kevent(kq, nullptr, 0, &event, 1, nullptr) == 1);
      heard = asked.load();
    }
  });
  for (int i = 0; i < kRounds; i++) {
    asked++;
    REQUIRE(Change(kq, 7, EVFILT_USER, 0, NOTE_TRIGGER) == 0);
  }
  waiter.join();
  close(kq);
}

void ChangeAtRandom(int kq, int outer, unsigned seed) {
  Sources sources;
  for (int i = 0; i < kRounds; i++) {
    const auto& pair = sources.ends[rand_r(&seed) % kSources];
    const int filter = rand_r(&seed) % 2 == 0 ? EVFILT_READ : EVFILT_WRITE;
    const int modes[] = {0, EV_CLEAR, EV_ONESHOT, EV_DISPATCH, EV_DISABLE};
    const uintptr_t ident = static_cast<uintptr_t>(pair[0]);
    switch (rand_r(&seed) % 6) {
      case 0:
      case 1:
        REQUIRE(Change(kq, ident, filter, EV_ADD | modes[rand_r(&seed) % 5]) == 0);
        break;
      case 2:
        Change(kq, ident, filter, EV_DELETE);
        break;
      case 3:
        Change(kq, ident, filter, rand_r(&seed) % 2 == 0 ? EV_ENABLE : EV_DISABLE);
        break;
      case 4:
        REQUIRE(write(pair[1], "x", 1) == 1);
        break;
      default:
        Change(outer, static_cast<uintptr_t>(kq), EVFILT_READ, EV_ADD | EV_CLEAR);
        Change(kq, 100 + seed % 4, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 1);
        break;
    }
  }
}

void WaitUntil(int kq, const StopSign& stop) {
  bool done = false;
  while (!done) {
    struct kevent events[4];
    const timespec timeout = {0, 1000000};
    const int count = kevent(kq, nullptr, 0, events, 4, &timeout);
    REQUIRE(count >= 0);
    for (int i = 0; i < count; i++) done = done || stop.IsIn(events[i]);
  }
}

// Descriptors come and go under the waiters, watched on two kqueues of which one watches the other.
void SurvivesChanges() {
  const int inner = kqueue();
  const int outer = kqueue();
  StopSign stop;
  std::vector<std::thread> waiters;
  std::vector<std::thread> changers;
  stop.Watch(inner);
  stop.Watch(outer);
  for (int kq : {inner, inner, outer}) waiters.emplace_back([kq, &stop] { WaitUntil(kq, stop); });
  for (unsigned seed = 1; seed <= 3; seed++) changers.emplace_back(ChangeAtRandom, inner, outer, seed);
  changers.emplace_back([inner] {
    for (int i = 0; i < kRounds; i++) {
      kqueue_simulator_knote knotes[32];
      REQUIRE(kqueue_simulator_knotes(inner, knotes, 32) >= 1);
    }
  });
  changers.emplace_back([] {
    for (int i = 0; i < kRounds / 4; i++) {
      const int kq = kqueue();
      REQUIRE(kq >= 0 && Change(kq, 1, EVFILT_TIMER, EV_ADD, 0, 1) == 0);
      close(kq);
    }
  });
  for (std::thread& changer : changers) changer.join();
  stop.Raise();
  for (std::thread& waiter : waiters) waiter.join();
  close(inner);
  close(outer);
}

}  // namespace

int main() {
  alarm(100);
  for (int mode : {EV_CLEAR, EV_ONESHOT, EV_DISPATCH}) DeliversToExactlyOne(mode);
  WakesByUserEvents();
  SurvivesChanges();
  REQUIRE(kqueue_simulator_open_count() == 0);
  return 0;
}
