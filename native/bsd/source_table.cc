#include "source_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../common/retry.h"

namespace pollux {
namespace {

// Constant-initialized, and never destroyed: workers can outlast the static destructors of the main thread.
struct Table {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Source* sources = nullptr;
  int size = 0;
  int room = 0;
  uintptr_t last_mark = 0;
};
Table table;

// A mark is a disabled knote of EVFILT_TIMER whose time is far away. The idents begin here, where those of others are
// unlikely.
constexpr uintptr_t kMarks = 0x706f6c00;
constexpr int64_t kMarkMs = int64_t{24} * 3600 * 1000;

SysError ChangeMark(int fd, uintptr_t mark, uint32_t flags) {
  KernelRecord change = MakeChange(mark, kTimerFilter, flags | EV_DISABLE, 0, 0);
  change.data = kMarkMs;
  return MakeOneChange(fd, change);
}

// Whether `fd` is the kqueue of `source`. ENOENT: it is another kqueue. EBADF: it is none.
bool HasMark(int fd, const Source& source) { return !ChangeMark(fd, source.mark, 0); }

// Forgets the sources that are closed. A source whose last used number was closed is forgotten too, although a
// duplicate may be open: nothing shows the number of the duplicate.
void Sweep() {
  int kept = 0;
  for (int i = 0; i < table.size; i++) {
    if (HasMark(table.sources[i].fd, table.sources[i])) table.sources[kept++] = table.sources[i];
  }
  table.size = kept;
}

SysError Reserve() {
  if (table.size < table.room) return {};
  Sweep();
  // After this sweep half of the table is free, so that the next sweep is far off.
  if (table.size < table.room / 2) return {};
  const int room = table.room == 0 ? 16 : table.room * 2;
  void* moved = realloc(table.sources, static_cast<size_t>(room) * sizeof *table.sources);
  if (moved == nullptr) return {ENOMEM, "malloc"};
  table.sources = static_cast<Source*>(moved);
  table.room = room;
  return {};
}

}  // namespace

SysError MakeOneChange(int kqueue_fd, const KernelRecord& change) {
  const timespec at_once = {0, 0};
  const int result = RetryOnSignal([&] { return kevent(kqueue_fd, &change, 1, nullptr, 0, &at_once); });
  return result < 0 ? SysError{errno, "kevent"} : SysError{};
}

LockedSources::LockedSources() { pthread_mutex_lock(&table.mutex); }
LockedSources::~LockedSources() { pthread_mutex_unlock(&table.mutex); }

SysError LockedSources::Add(int fd, const Source& source) {
  SysError error = Reserve();
  if (error) return error;
  const uintptr_t mark = kMarks + ++table.last_mark;
  error = ChangeMark(fd, mark, EV_ADD);
  if (error) return error;
  Source& added = table.sources[table.size++];
  added = source;
  added.mark = mark;
  added.fd = fd;
  return {};
}

SysError LockedSources::Find(int fd, SourceKind kind, Source** source) {
  if (fcntl(fd, F_GETFD) < 0) return {errno, "kevent"};
  Source* found = nullptr;
  // Numbers are used again: of the sources that had this number the latest is the likely one.
  for (int i = table.size - 1; i >= 0 && found == nullptr; i--) {
    Source& candidate = table.sources[i];
    if (candidate.fd == fd && HasMark(fd, candidate)) found = &candidate;
  }
  // dup(2): the same kqueue under another number.
  for (int i = 0; i < table.size && found == nullptr; i++) {
    if (HasMark(fd, table.sources[i])) found = &table.sources[i];
  }
  if (found == nullptr || found->kind != kind) return {EINVAL, "kevent"};
  found->fd = fd;
  *source = found;
  return {};
}

}  // namespace pollux
