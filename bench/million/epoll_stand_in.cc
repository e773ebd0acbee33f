#include <string.h>
#include <sys/epoll.h>

#include <vector>

#include "stand_in.h"

namespace stand_in {

struct Batches {
  std::vector<epoll_event> records;
  int size;
};

namespace {

std::vector<uint64_t> captured;
int captured_end = 0;
const Batches* reported = nullptr;
size_t next = 0;

int TakeBatch(epoll_event* records, int capacity) {
  if (reported == nullptr) return 0;
  const int count = reported->size < capacity ? reported->size : capacity;
  memcpy(records, reported->records.data() + next, sizeof *records * static_cast<size_t>(count));
  next += static_cast<size_t>(reported->size);
  if (next == reported->records.size()) next = 0;
  return count;
}

}  // namespace

void Capture(int end) {
  if (end > 0) captured.resize(static_cast<size_t>(end));
  captured_end = end;
}

Batches* MakeBatches(const int* fds, size_t count, int size) {
  auto* batches = new Batches{std::vector<epoll_event>(count), size};
  for (size_t i = 0; i < count; i++) {
    batches->records[i].events = EPOLLIN;
    batches->records[i].data.u64 = captured[static_cast<size_t>(fds[i])];
  }
  return batches;
}

void Report(const Batches* batches) {
  reported = batches;
  next = 0;
}

}  // namespace stand_in

using namespace stand_in;

extern "C" {

int __real_epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event);
int __real_epoll_wait(int epoll_fd, epoll_event* records, int capacity, int timeout_ms);

int __wrap_epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) {
  counts.changes++;
  if (!stands_in) return __real_epoll_ctl(epoll_fd, operation, fd, event);
  if (fd < captured_end) captured[static_cast<size_t>(fd)] = event->data.u64;
  return 0;
}

int __wrap_epoll_wait(int epoll_fd, epoll_event* records, int capacity, int timeout_ms) {
  counts.waits++;
  return stands_in ? TakeBatch(records, capacity) : __real_epoll_wait(epoll_fd, records, capacity, timeout_ms);
}

}  // extern "C"
