// What the stand-ins of both kernels have in common.
#include "stand_in.h"

#include <malloc.h>
#include <stdarg.h>

namespace stand_in {

Counts counts;
bool stands_in = false;

void Begin() { stands_in = true; }

namespace {

void* Counted(void* memory) {
  counts.bytes += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

extern "C" {

int __real_fcntl(int fd, int command, ...);
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void __real_free(void* memory);

// A poller asks whether a number is open before it makes room for it. Every number is, and for reading.
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
