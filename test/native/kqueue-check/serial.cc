#include <sys/socket.h>

#include "../../../native/bsd/record_buffer.h"
#include "../self-check/check.h"
#include "table.h"

namespace {

using namespace check;
const char kGroup[] = "serial";

// How many descriptors the `records` that were fetched earlier still stand for, after `poller` was told something else.
int CountAfter(Poller& poller, RecordBuffer* buffer, int records) {
  KqueueWaker waker;
  WaitResult result = {0, false};
  buffer->Begin();
  buffer->Collect(Descriptor(poller.backend()), waker, poller.registry(), records, &result);
  return buffer->merged().size();
}

}  // namespace

CLAUSE("kqueue-check:serial.1 a record of the knotes before a modify is dropped after it") {
  for (const uint32_t from : {kReadable, kReadable | kEdge, kReadable | kOneshot}) {
    for (const uint32_t to : {kReadable | kOneshot, kReadable | kWritable | kOneshot, kReadable}) {
      SocketPair sockets;
      WriteByte(sockets.b);
      Poller poller;
      RecordBuffer* buffer = NewRecordBuffer(4);
      REQUIRE(buffer != nullptr);
      EXPECT_EQ(poller.Add(sockets.a, from), 0);
      const int kqueue_fd = Descriptor(poller.backend());
      const int records = WaitUntil(kqueue_fd, buffer->records(), buffer->room(), kPollOnly);
      EXPECT_EQ(records, 1);
      EXPECT_EQ(CountAfter(poller, buffer, records), 1);
      EXPECT_EQ(poller.Modify(sockets.a, to), 0);
      EXPECT_EQ(CountAfter(poller, buffer, records), 0);
      EXPECT_EQ(poller.Await(sockets.a), to & kAskable);
      DeleteRecordBuffer(buffer);
    }
  }
}

CLAUSE("kqueue-check:serial.2 a record of the knotes before a modify is dropped after a thousand more modifies too") {
  SocketPair sockets;
  WriteByte(sockets.b);
  Poller poller;
  RecordBuffer* buffer = NewRecordBuffer(4);
  REQUIRE(buffer != nullptr);
  EXPECT_EQ(poller.Add(sockets.a, kReadable), 0);
  const int kqueue_fd = Descriptor(poller.backend());
  const int records = WaitUntil(kqueue_fd, buffer->records(), buffer->room(), kPollOnly);
  for (int round = 0; round < 1000; round++) {
    EXPECT_EQ(poller.Modify(sockets.a, kReadable), 0);
    EXPECT_EQ(CountAfter(poller, buffer, records), 0);
  }
  DeleteRecordBuffer(buffer);
}
