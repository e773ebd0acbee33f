#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "owner";

}  // namespace

CLAUSE("kqueue-check:owner.1 a oneshot event of both directions has one owner, although two knotes fire") {
  constexpr int kRounds = 2000;
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, 0), 0);
  std::atomic<int> events{0};
  auto handle = [&](Listener& listener) {
    for (int i = 0; i < listener.result.count; i++) {
      EXPECT_EQ(listener.events[0].readiness, kReadable | kWritable);
      events++;
    }
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 1, handle);
  for (int round = 1; round <= kRounds; round++) {
    EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable | kOneshot), 0);
    EXPECT(Eventually([&] { return events >= round; }));
  }
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  listeners.End();
  EXPECT_EQ(events, kRounds);
}

CLAUSE("kqueue-check:owner.2 a ready descriptor is reported again each time that its owner re-arms it") {
  constexpr int kRounds = 2000;
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  std::atomic<int> events{0};
  std::atomic<int> owners{0};
  std::atomic<int> most_owners{0};
  auto handle = [&](Listener& listener) {
    if (listener.result.count == 0) return;
    if (++owners > 1) most_owners = 2;
    const bool is_last = ++events >= kRounds;
    owners--;
    uint32_t generation = 0;
    if (!is_last) {
      EXPECT(!Modify(poller.backend(), sockets.a, kReadable | kWritable | kOneshot, &generation));
    }
  };
  Listeners<decltype(handle)> listeners(poller.backend(), 1, handle);
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kWritable | kOneshot), 0);
  EXPECT(Eventually([&] { return events >= kRounds; }));
  listeners.End();
  EXPECT_EQ(events, kRounds);
  EXPECT_EQ(most_owners, 0);
}
