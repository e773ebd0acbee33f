#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "tables";

// Raises the limit of descriptors as far as possible, to 70000 at most, and returns it.
int RaiseLimit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = 70000;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  return static_cast<int>(limit.rlim_cur > wanted ? wanted : limit.rlim_cur);
}

}  // namespace

CLAUSE("native:slots.1 each number has a slot of its own, empty at first, that never moves") {
  constexpr int kCount = 5000;
  SlotTable table;
  static SlotTable::Slot* slots[kCount];
  for (int fd = 0; fd < kCount; fd++) {
    slots[fd] = table.Ensure(fd);
    EXPECT(slots[fd] != nullptr);
    EXPECT_EQ(static_cast<int64_t>(slots[fd]->load()), 0);
    slots[fd]->store(static_cast<uint64_t>(fd) + 1);
  }
  for (int fd = 0; fd < kCount; fd++) {
    EXPECT(table.Find(fd) == slots[fd]);
    EXPECT(table.Ensure(fd) == slots[fd]);
    EXPECT_EQ(static_cast<int64_t>(slots[fd]->load()), fd + 1);
  }
}

CLAUSE("native:slots.2 both sides of each chunk's border are found, up to numbers above a million") {
  SlotTable table;
  for (int bits = 9; bits <= 20; bits++) {
    const int border = 1 << bits;
    for (const int fd : {border - 1, border}) {
      SlotTable::Slot* slot = table.Ensure(fd);
      EXPECT(slot != nullptr);
      slot->store(static_cast<uint64_t>(fd));
    }
  }
  for (int bits = 9; bits <= 20; bits++) {
    for (const int fd : {(1 << bits) - 1, 1 << bits}) {
      EXPECT_EQ(static_cast<int64_t>(table.Find(fd)->load()), fd);
    }
  }
}

CLAUSE("native:slots.3 a number that was never ensured has no slot") {
  SlotTable table;
  for (const int fd : {0, 511, 512, 1 << 20, INT_MAX}) EXPECT(table.Find(fd) == nullptr);
  EXPECT(table.Ensure(600) != nullptr);
  EXPECT(table.Find(511) == nullptr);
  EXPECT(table.Find(512) != nullptr);
  EXPECT(table.Find(1023) != nullptr);
  EXPECT(table.Find(1024) == nullptr);
  EXPECT(table.Find(INT_MAX) == nullptr);
}

CLAUSE("native:slots.4 readers see a slot whole while another thread makes the table grow") {
  SlotTable table;
  std::atomic<int> published{0};
  std::atomic<int> wrong{0};
  std::atomic<bool> done{false};
  auto body = [&] {
    while (!done) {
      const int limit = published;
      for (int fd = 0; fd < (1 << 17); fd += 61) {
        SlotTable::Slot* slot = table.Find(fd);
        const uint64_t word = slot == nullptr ? 0 : slot->load();
        if (fd < limit ? word != static_cast<uint64_t>(fd) + 1 : word != 0 && word != static_cast<uint64_t>(fd) + 1) {
          wrong++;
        }
      }
    }
  };
  Thread<decltype(body)> first(body);
  Thread<decltype(body)> second(body);
  for (int fd = 0; fd < (1 << 17); fd++) {
    SlotTable::Slot* slot = table.Ensure(fd);
    if (slot == nullptr) break;
    slot->store(static_cast<uint64_t>(fd) + 1);
    published = fd + 1;
  }
  done = true;
  first.Join();
  second.Join();
  EXPECT_EQ(published, 1 << 17);
  EXPECT_EQ(wrong, 0);
}

CLAUSE("native:slots.5 a chunk that another thread has just made is found empty") {
  SlotTable table;
  std::atomic<int> wrong{0};
  // Only the published chunk itself tells the reader that it exists.
  auto body = [&] {
    for (int bits = 9; bits <= 17; bits++) {
      SlotTable::Slot* slot = nullptr;
      while ((slot = table.Find(1 << bits)) == nullptr) sched_yield();
      if (slot->load(std::memory_order_relaxed) != 0) wrong++;
    }
  };
  Thread<decltype(body)> reader(body);
  for (int bits = 9; bits <= 17; bits++) EXPECT(table.Ensure(1 << bits) != nullptr);
  reader.Join();
  EXPECT_EQ(wrong, 0);
}

CLAUSE("native:registry.1 get, size and the stale marks agree with put, update and drop") {
  Registry registry;
  int32_t flag = 0;
  StaleMark mark;
  mark.flag = &flag;
  registry.Attach(&mark);
  EXPECT(!registry.Get(7).registered());
  EXPECT(registry.Reserve(7));
  EXPECT_EQ(registry.NextGeneration(7), 1);
  registry.Put(7, {1, kRegistered | kReadable});
  EXPECT_EQ(registry.size(), 1);
  EXPECT_EQ(registry.Get(7).flags, kRegistered | kReadable);
  EXPECT(registry.IsCurrent(7, 1));
  registry.Update(7, kRegistered);
  EXPECT(registry.IsCurrent(7, 1));
  EXPECT_EQ(flag, 0);
  registry.Put(7, {registry.NextGeneration(7), kRegistered | kWritable});
  EXPECT_EQ(flag, 1);
  EXPECT_EQ(registry.size(), 1);
  EXPECT(!registry.IsCurrent(7, 1));
  EXPECT(registry.IsCurrent(7, 2));
  registry.Drop(7);
  EXPECT_EQ(registry.size(), 0);
  EXPECT(!registry.IsCurrent(7, 2));
  EXPECT_EQ(registry.NextGeneration(7), 3);
  registry.Detach(&mark);
}

CLAUSE("native:registry.2 a generation is never 0 and fits its 28 bits") {
  Registry registry;
  EXPECT(registry.Reserve(3));
  registry.Put(3, {Registration::kGenerationMask, kRegistered});
  EXPECT_EQ(registry.NextGeneration(3), 1);
  registry.Put(3, {Registration::kGenerationMask - 1, kRegistered});
  EXPECT_EQ(registry.NextGeneration(3), Registration::kGenerationMask);
}

CLAUSE("native:registry.3 stale marks can be detached in any order, and twice") {
  Registry registry;
  int32_t flags[4] = {};
  StaleMark marks[4];
  for (int i = 0; i < 4; i++) {
    marks[i].flag = &flags[i];
    registry.Attach(&marks[i]);
  }
  EXPECT(registry.Reserve(1));
  int expected[4] = {};
  for (const int gone : {2, 0, 3, 3, 1}) {
    registry.Put(1, {registry.NextGeneration(1), kRegistered});
    registry.Drop(1);
    for (int i = 0; i < 4; i++) {
      EXPECT_EQ(flags[i], expected[i] == -1 ? 0 : 1);
      flags[i] = 0;
    }
    registry.Detach(&marks[gone]);
    expected[gone] = -1;
  }
  registry.Put(1, {registry.NextGeneration(1), kRegistered});
  registry.Drop(1);
  for (const int32_t flag : flags) EXPECT_EQ(flag, 0);
}

CLAUSE("native:high.1 descriptors with high numbers are registered as low ones are") {
  const int limit = RaiseLimit();
  Poller poller;
  SocketPair sockets;
  for (const int at_least : {200, 511, 512, 1023, 1024, 4000, 65535, 65536}) {
    if (at_least + 8 >= limit) break;
    const int fd = fcntl(sockets.a, F_DUPFD, at_least);
    EXPECT(fd >= at_least);
    EXPECT_EQ(poller.Add(fd, kWritable), 0);
    EXPECT_EQ(poller.Await(fd), kWritable);
    EXPECT_EQ(poller.last().count, 1);
    EXPECT_EQ(poller.event(0).fd, fd);
    EXPECT_EQ(poller.Modify(fd, kReadable), 0);
    EXPECT_EQ(poller.Poll(fd), 0);
    EXPECT_EQ(poller.Remove(fd), 0);
    EXPECT_EQ(poller.Remove(fd), ENOENT);
    close(fd);
    EXPECT_EQ(poller.Remove(fd), EBADF);
  }
  EXPECT_EQ(poller.registry().size(), 0);
}
