#include "stand_in.h"

#include <malloc.h>
#include <stdarg.h>
#include <string.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

namespace stand_in {

Counts counts;

namespace {

bool stands_in = false;
epoll_event* captured = nullptr;
int captured_end = 0;
const epoll_event* reported = nullptr;
int batch_size = 0;
int batches = 0;
int next_batch = 0;

void Count(int operation) {
  if (operation == EPOLL_CTL_ADD) counts.added++;
  if (operation == EPOLL_CTL_MOD) counts.modified++;
  if (operation == EPOLL_CTL_DEL) counts.removed++;
}

int TakeBatch(epoll_event* records, int capacity) {
  if (reported == nullptr) return 0;
  const int count = batch_size < capacity ? batch_size : capacity;
  memcpy(records, reported + static_cast<size_t>(next_batch) * static_cast<size_t>(batch_size),
         sizeof *records * static_cast<size_t>(count));
  if (++next_batch == batches) next_batch = 0;
  return count;
}

void* Counted(void* memory) {
  counts.bytes += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}

}  // namespace

void Begin() { stands_in = true; }

void Capture(epoll_event* entries, int end) {
  captured = entries;
  captured_end = end;
}

void Report(const epoll_event* records, int size, int count) {
  reported = records;
  batch_size = size;
  batches = count;
  next_batch = 0;
}

}  // namespace stand_in

using namespace stand_in;

extern "C" {

int __real_epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event);
int __real_epoll_wait(int epoll_fd, epoll_event* records, int capacity, int timeout_ms);
int __real_fcntl(int fd, int command, ...);
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void __real_free(void* memory);

int __wrap_epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) {
  Count(operation);
  if (!stands_in) return __real_epoll_ctl(epoll_fd, operation, fd, event);
  if (fd < captured_end && captured != nullptr && event != nullptr) captured[fd] = *event;
  return 0;
}

int __wrap_epoll_wait(int epoll_fd, epoll_event* records, int capacity, int timeout_ms) {
  counts.waits++;
  return stands_in ? TakeBatch(records, capacity) : __real_epoll_wait(epoll_fd, records, capacity, timeout_ms);
}

// A poller asks whether a number is open before it makes room for it.
int __wrap_fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  const int argument = va_arg(list, int);
  va_end(list);
  counts.other++;
  return stands_in ? 0 : __real_fcntl(fd, command, argument);
}

void* __wrap_malloc(size_t size) { return Counted(__real_malloc(size)); }

void* __wrap_calloc(size_t count, size_t size) { return Counted(__real_calloc(count, size)); }

void __wrap_free(void* memory) {
  counts.bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  __real_free(memory);
}

}  // extern "C"
