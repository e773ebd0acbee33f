#include "shared_pollers.h"

#include <errno.h>

#include "allocation.h"
#include "mutex.h"

namespace pollux {
namespace {

// Constant-initialized, and never destroyed while a thread may use it: workers can outlast the
// main thread's static destructors.
struct Table {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  SharedPoller* first = nullptr;
  uint64_t last_id = 0;
};
Table table;

class TableLock {
 public:
  TableLock() { pthread_mutex_lock(&table.mutex); }
  ~TableLock() { pthread_mutex_unlock(&table.mutex); }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;
};

}  // namespace

SysError OpenShared(SharedPoller** out) {
  auto* poller = Create<SharedPoller>();
  if (poller == nullptr) return {ENOMEM, "malloc"};
  const SysError error = Open(&poller->backend);
  if (error) {
    Destroy(poller);
    return error;
  }
  poller->views = 1;
  TableLock lock;
  poller->id = ++table.last_id;
  poller->next = table.first;
  table.first = poller;
  *out = poller;
  return {};
}

SharedPoller* AttachShared(uint64_t id) {
  TableLock lock;
  SharedPoller* poller = table.first;
  while (poller != nullptr && poller->id != id) poller = poller->next;
  if (poller != nullptr) poller->views++;
  return poller;
}

void DetachShared(SharedPoller* poller) {
  {
    TableLock lock;
    if (--poller->views > 0) return;
    SharedPoller** link = &table.first;
    while (*link != poller) link = &(*link)->next;
    *link = poller->next;
  }
  Close(poller->backend);
  Destroy(poller);
}

}  // namespace pollux
