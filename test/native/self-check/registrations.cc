#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "check.h"
#include "fixtures.h"

namespace {

using namespace check;
const char kGroup[] = "registrations";

// Returns a number that is not open, because `fd` was closed.
int Closed() {
  const int fd = open("/dev/null", O_RDONLY);
  close(fd);
  return fd;
}

}  // namespace

CLAUSE("native:add.1 a second add fails with EEXIST and leaves the first registration as it is") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Add(sockets.a, kWritable), EEXIST);
  EXPECT_EQ(poller.registry().size(), 1);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
}

CLAUSE("native:add.2 add of a number that is not open fails with EBADF") {
  Poller poller;
  for (const int fd : {Closed(), 511, 512, 1 << 20, INT_MAX}) {
    EXPECT_EQ(poller.Add(fd, kReadable), EBADF);
    EXPECT_EQ(poller.Modify(fd, kReadable), EBADF);
    EXPECT_EQ(poller.Remove(fd), EBADF);
    EXPECT(!poller.registry().Get(fd).registered());
  }
  EXPECT_EQ(poller.registry().size(), 0);
}

CLAUSE("native:add.3 add of a file that cannot be polled fails with EPERM") {
  Poller poller;
  for (const char* path : {"/", "/dev/null", "/bin/sh"}) {
    const int fd = open(path, O_RDONLY);
    EXPECT(fd >= 0);
    EXPECT_EQ(poller.Add(fd, kReadable), EPERM);
    EXPECT(!poller.registry().Get(fd).registered());
    close(fd);
  }
}

CLAUSE("native:add.4 a poller cannot be added to itself") {
  Poller poller;
  EXPECT_EQ(poller.Add(Descriptor(poller.backend()), kReadable), EINVAL);
  EXPECT_EQ(poller.registry().size(), 0);
}

CLAUSE("native:modify.1 modify of an unknown descriptor fails with ENOENT") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Modify(sockets.a, kReadable), ENOENT);
  EXPECT_EQ(poller.Remove(sockets.a), ENOENT);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable), ENOENT);
  EXPECT_EQ(poller.Remove(sockets.a), ENOENT);
  EXPECT_EQ(poller.registry().size(), 0);
}

CLAUSE("native:remove.1 nothing is reported after remove, in any mode") {
  SocketPair sockets;
  WriteByte(sockets.b);
  for (const uint32_t mode : {uint32_t{0}, kEdge, kOneshot}) {
    Poller poller;
    EXPECT_EQ(poller.Add(sockets.a, kReadable | mode), 0);
    EXPECT_EQ(poller.Remove(sockets.a), 0);
    EXPECT_EQ(poller.Wait(0), 0);
  }
}

CLAUSE("native:stale.1 the next registration of a number has another generation") {
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  const uint32_t first = poller.generation();
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  EXPECT_EQ(poller.event(0).generation, first);
  EXPECT(poller.registry().IsCurrent(sockets.a, first));
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT(!poller.registry().IsCurrent(sockets.a, first));
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT(poller.generation() != first);
  EXPECT(!poller.registry().IsCurrent(sockets.a, first));
  EXPECT(poller.registry().IsCurrent(sockets.a, poller.generation()));
}

CLAUSE("native:stale.2 modify keeps the generation") {
  SocketPair sockets;
  Poller poller;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  const uint32_t generation = poller.generation();
  EXPECT_EQ(poller.Modify(sockets.a, kWritable | kEdge), 0);
  EXPECT_EQ(poller.generation(), generation);
  EXPECT_EQ(poller.Await(sockets.a), kWritable);
  EXPECT_EQ(poller.event(0).generation, generation);
}

CLAUSE("native:stale.3 a stale mark is set by every end of a registration, and by nothing else") {
  SocketPair sockets;
  Poller poller;
  int32_t flag = 0;
  StaleMark mark;
  mark.flag = &flag;
  poller.registry().Attach(&mark);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Modify(sockets.a, kWritable), 0);
  EXPECT_EQ(poller.Remove(sockets.b), ENOENT);
  EXPECT_EQ(flag, 0);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT_EQ(flag, 1);
  poller.registry().Detach(&mark);
  flag = 0;
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
  EXPECT_EQ(flag, 0);
}

CLAUSE("native:exclusive.1 an exclusive registration stays exclusive after modify, and refuses other modes") {
  SocketPair sockets;
  Poller poller;
  if (!CapabilitiesOf(poller.backend()).exclusive) {
    EXPECT(!CapabilitiesOf(poller.backend()).exclusive);
    return;
  }
  EXPECT_EQ(poller.Add(sockets.a, kReadable | kExclusive), 0);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  for (const uint32_t interest : {kReadable | kOneshot, kReadable | kPriority, kReadClosed}) {
    EXPECT_EQ(poller.Modify(sockets.a, interest), EINVAL);
    EXPECT_EQ(poller.Await(sockets.a), kReadable);
  }
  EXPECT_EQ(poller.Modify(sockets.a, kReadable | kWritable | kEdge), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable | kWritable);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  EXPECT_EQ(poller.Modify(sockets.a, 0), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(poller.Poll(sockets.a), 0);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable), 0);
  EXPECT_EQ(poller.Await(sockets.a), kReadable);
  EXPECT_EQ(poller.Modify(sockets.a, kReadable | kOneshot), EINVAL);
  EXPECT_EQ(poller.registry().size(), 1);
  EXPECT_EQ(poller.Remove(sockets.a), 0);
}

CLAUSE("native:nested.1 a poller's descriptor is readable while an event or a wake is pending") {
  SocketPair sockets;
  Poller inner;
  Poller outer;
  if (!CapabilitiesOf(inner.backend()).nested) {
    EXPECT(!CapabilitiesOf(inner.backend()).nested);
    return;
  }
  const int fd = Descriptor(inner.backend());
  EXPECT_EQ(inner.Add(sockets.a, kReadable), 0);
  EXPECT_EQ(outer.Add(fd, kReadable), 0);
  EXPECT_EQ(outer.Poll(fd), 0);
  WriteByte(sockets.b);
  EXPECT_EQ(outer.Await(fd), kReadable);
  EXPECT_EQ(inner.Await(sockets.a), kReadable);
  Drain(sockets.a);
  EXPECT_EQ(inner.Poll(sockets.a), 0);
  EXPECT_EQ(outer.Poll(fd), 0);
  Wake(inner.backend());
  EXPECT_EQ(outer.Await(fd), kReadable);
  EXPECT_EQ(inner.Wait(0), 0);
  EXPECT(inner.last().woken);
  EXPECT_EQ(outer.Poll(fd), 0);
}
