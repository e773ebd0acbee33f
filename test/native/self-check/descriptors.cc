#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "descriptors";

// The descriptors that are open after `body` and were not before it.
template <typename Body>
std::vector<int> OpenedBy(Body body) {
  constexpr int kMost = 256;
  bool before[kMost];
  for (int fd = 0; fd < kMost; fd++) before[fd] = IsOpen(fd);
  body();
  std::vector<int> opened;
  for (int fd = 0; fd < kMost; fd++) {
    if (IsOpen(fd) && !before[fd]) opened.push_back(fd);
  }
  return opened;
}

}  // namespace

CLAUSE("native:closed.1 modify and remove of a number that was closed fail, and its registration ends") {
  Poller poller;
  for (const bool by_remove : {false, true}) {
    SocketPair sockets;
    const int fd = sockets.a;
    EXPECT_EQ(poller.Add(fd, kReadable), 0);
    WriteByte(sockets.b);
    sockets.CloseA();
    EXPECT_EQ(poller.Wait(0), 0);
    EXPECT(poller.registry().Get(fd).registered());
    const int error = by_remove ? poller.Remove(fd) : poller.Modify(fd, kReadable);
    EXPECT(error == EBADF || error == ENOENT);
    EXPECT(!poller.registry().Get(fd).registered());
    EXPECT_EQ(poller.registry().size(), 0);
  }
}

CLAUSE("native:closed.2 a number that was reused can be added, and is a new registration") {
  Poller poller;
  SocketPair first;
  const int fd = first.a;
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  const uint32_t generation = poller.generation();
  SocketPair second;
  dup2(second.a, fd);
  WriteByte(second.b);
  EXPECT_EQ(poller.Wait(0), 0);
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  EXPECT(poller.generation() != generation);
  EXPECT_EQ(poller.registry().size(), 1);
  EXPECT_EQ(poller.Await(fd), kReadable);
  EXPECT_EQ(poller.event(0).generation, poller.generation());
}

CLAUSE("native:closed.3 modify of a reused number fails with ENOENT, and the former registration ends") {
  Poller poller;
  SocketPair first;
  SocketPair second;
  EXPECT_EQ(poller.Add(first.a, kReadable), 0);
  dup2(second.a, first.a);
  EXPECT_EQ(poller.Modify(first.a, kReadable), ENOENT);
  EXPECT_EQ(poller.registry().size(), 0);
  EXPECT_EQ(poller.Add(first.a, kReadable), 0);
}

CLAUSE("native:closed.4 a number that is reused while threads wait never reports a registration that has ended") {
  Poller poller;
  std::atomic<bool> done{false};
  std::atomic<uint32_t> ended{0};
  std::atomic<int> violations{0};
  auto wait = [&] {
    Listener listener(poller.backend());
    while (!done) {
      const uint32_t ended_before = ended;
      EXPECT_EQ(listener.Wait(NowNs() + kMs), 0);
      for (int i = 0; i < listener.result.count; i++) {
        if (listener.events[static_cast<size_t>(i)].generation <= ended_before) violations++;
      }
    }
  };
  Thread<decltype(wait)> first(wait);
  Thread<decltype(wait)> second(wait);
  SocketPair anchor;
  const int fd = dup(anchor.a);
  for (uint32_t round = 1; round <= 3000; round++) {
    SocketPair sockets;
    EXPECT_EQ(dup2(sockets.a, fd), fd);
    EXPECT_EQ(poller.Add(fd, kReadable | kWritable), 0);
    EXPECT_EQ(poller.registry().size(), 1);
    WriteByte(sockets.b);
    EXPECT(poller.registry().IsCurrent(fd, poller.generation()));
    // The registration ends when the number is added again, not when it is closed.
    ended = poller.generation() - 1;
  }
  done = true;
  first.Join();
  second.Join();
  EXPECT_EQ(violations, 0);
  close(fd);
}

CLAUSE("native:ghost.1 an open file that a duplicate keeps alive is not reported under the number of another file") {
  Poller poller;
  SocketPair old_pair;
  SocketPair new_pair;
  const int fd = old_pair.a;
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  const int duplicate = dup(fd);
  dup2(new_pair.a, fd);
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  WriteByte(old_pair.b);
  EXPECT_EQ(poller.Wait(0), 0);
  const int64_t start_ns = NowNs();
  EXPECT_EQ(poller.Wait(30 * kMs), 0);
  EXPECT(NowNs() - start_ns >= 30 * kMs);
  WriteByte(new_pair.b);
  EXPECT_EQ(poller.Await(fd), kReadable);
  EXPECT_EQ(poller.last().count, 1);
  close(duplicate);
}

CLAUSE("native:ghost.2 batches full of registrations that have ended do not hide a live one") {
  constexpr int kGhosts = 8;
  Poller poller(2);
  int duplicates[kGhosts];
  for (int& duplicate : duplicates) {
    SocketPair sockets;
    EXPECT_EQ(poller.Add(sockets.a, kWritable), 0);
    duplicate = dup(sockets.a);
    const int fd = sockets.a;
    sockets.CloseA();
    EXPECT(poller.Remove(fd) != 0);
  }
  SocketPair live;
  EXPECT_EQ(poller.Add(live.a, kWritable), 0);
  for (int round = 0; round < 20; round++) EXPECT_EQ(poller.Poll(live.a), kWritable);
  for (const int duplicate : duplicates) close(duplicate);
}

CLAUSE("native:ghost.3 an open file that dup2() brings back to its number can be added") {
  Poller poller;
  SocketPair sockets;
  const int fd = sockets.a;
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  const int duplicate = dup(fd);
  sockets.CloseA();
  const int error = poller.Remove(fd);
  EXPECT(error == EBADF || error == ENOENT);
  EXPECT_EQ(dup2(duplicate, fd), fd);
  EXPECT_EQ(poller.Remove(fd), ENOENT);
  EXPECT_EQ(poller.Add(fd, kReadable), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Await(fd), kReadable);
  EXPECT_EQ(poller.last().count, 1);
  close(duplicate);
  close(fd);
}

CLAUSE("native:dup.1 a descriptor and its duplicate are two registrations") {
  Poller poller;
  SocketPair sockets;
  const int duplicate = dup(sockets.a);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Add(duplicate, kWritable), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Wait(kSecond), 2);
  EXPECT_EQ(poller.Poll(sockets.a), kReadable);
  EXPECT_EQ(poller.Poll(duplicate), kWritable);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT_EQ(poller.Poll(duplicate), kWritable);
  EXPECT_EQ(poller.last().count, 1);
  close(duplicate);
}

CLAUSE("native:own.1 add, modify and remove of the poller's own descriptors fail and change nothing") {
  Backend* backend = nullptr;
  const std::vector<int> own = OpenedBy([&] { EXPECT(!Open(&backend)); });
  EXPECT(own.size() >= 1);
  for (const int fd : own) {
    uint32_t generation = 0;
    EXPECT(Remove(backend, fd).code != 0);
    EXPECT(Modify(backend, fd, kReadable, &generation).code != 0);
    EXPECT(Add(backend, fd, kReadable, &generation).code != 0);
  }
  EXPECT_EQ(RegistryOf(backend).size(), 0);
  Wake(backend);
  Listener listener(backend);
  EXPECT_EQ(listener.Wait(NowNs() + 2 * kSecond), 0);
  EXPECT(listener.result.woken);
  EXPECT_EQ(listener.result.count, 0);
  Close(backend);
}

CLAUSE("native:own.2 the descriptors of a poller are closed on exec") {
  Backend* backend = nullptr;
  const std::vector<int> own = OpenedBy([&] { EXPECT(!Open(&backend)); });
  EXPECT(own.size() >= 1);
  for (const int fd : own) EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  Close(backend);
}
