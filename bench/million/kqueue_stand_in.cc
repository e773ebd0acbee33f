// There is no kqueue on Linux: these functions are all there is of it. Every descriptor is a pipe.
#include <string.h>
#include <sys/event.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <vector>

#include "stand_in.h"

namespace stand_in {

struct Batches {
  std::vector<struct kevent> records;
  int size;
};

namespace {

std::vector<void*> captured;
uintptr_t captured_end = 0;
const Batches* reported = nullptr;
size_t next = 0;

// Answers every change, as kevent(2) does with EV_RECEIPT.
int Answer(const struct kevent* changes, int count, struct kevent* answers, int room) {
  for (int i = 0; i < count && i < room; i++) {
    answers[i] = changes[i];
    answers[i].flags = EV_ERROR;
    answers[i].data = 0;
    if ((changes[i].flags & EV_ADD) && changes[i].ident < captured_end) captured[changes[i].ident] = changes[i].udata;
  }
  return count < room ? count : room;
}

int TakeBatch(struct kevent* records, int capacity) {
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
  captured_end = static_cast<uintptr_t>(end);
}

Batches* MakeBatches(const int* fds, size_t count, int size) {
  auto* batches = new Batches{std::vector<struct kevent>(count), size};
  for (size_t i = 0; i < count; i++) {
    struct kevent& record = batches->records[i];
    record.ident = static_cast<uintptr_t>(fds[i]);
    record.filter = EVFILT_READ;
    record.data = 1;
    record.udata = captured[record.ident];
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

int kqueue(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int kevent(int, const struct kevent* changes, int change_count, struct kevent* records, int room,
           const struct timespec*) {
  if (change_count > 0) {
    counts.changes++;
    return Answer(changes, change_count, records, room);
  }
  counts.waits++;
  return TakeBatch(records, room);
}

int __wrap_fstat(int, struct stat* status) {
  counts.other++;
  memset(status, 0, sizeof *status);
  status->st_mode = S_IFIFO;
  return 0;
}

}  // extern "C"
