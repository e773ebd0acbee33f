/* APR: an apr_pollset_t.
 *
 *   apt-get install libapr1-dev && make -C examples/drivers apr
 *   npx pollux conformance --driver examples/drivers/build/apr
 */
#include "driver.h"

#include <apr_atomic.h>
#include <apr_poll.h>
#include <apr_portable.h>
#include <errno.h>
#include <stdlib.h>

enum { MOST = 4096 };

struct poller {
  apr_pool_t* pool;
  apr_pollset_t* pollset;
  /* apr_pollset_poll() returns APR_EINTR for a wake and for a signal. */
  volatile apr_uint32_t wakes;
  struct entry {
    apr_pollfd_t poll;
    bool used;
    int fd;
    int interest;
    int token;
  } entries[MOST];
};

static int to_library(int interest) {
  return (interest & READABLE ? APR_POLLIN : 0) | (interest & WRITABLE ? APR_POLLOUT : 0) |
         (interest & PRIORITY ? APR_POLLPRI : 0);
}

static int from_library(int events, int interest) {
  int readiness = (events & (APR_POLLIN | APR_POLLHUP | APR_POLLERR) ? READABLE : 0) |
                  (events & (APR_POLLOUT | APR_POLLERR) ? WRITABLE : 0) | (events & APR_POLLPRI ? PRIORITY : 0);
  return (readiness & interest) | (events & APR_POLLHUP ? HANGUP : 0) |
         (events & (APR_POLLERR | APR_POLLNVAL) ? ERROR : 0);
}

static void* open_poller(int capacity, int* fd) {
  (void)fd;
  struct poller* poller = calloc(1, sizeof *poller);
  apr_pool_create(&poller->pool, NULL);
  apr_status_t status = apr_pollset_create(&poller->pollset, capacity, poller->pool, APR_POLLSET_WAKEABLE);
  if (status == APR_SUCCESS) return poller;
  apr_pool_destroy(poller->pool);
  return free(poller), errno = status, NULL;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & (EDGE | ONESHOT | EXCLUSIVE | READ_CLOSED)) return ENOTSUP;
  if (fd >= MOST) return EBADF;
  struct entry* entry = &poller->entries[fd];
  struct entry wanted = {.used = true, .fd = fd, .interest = interest, .token = token};
  wanted.poll = (apr_pollfd_t){.p = poller->pool, .desc_type = APR_POLL_FILE, .reqevents = to_library(interest)};
  apr_os_file_put(&wanted.poll.desc.f, &fd, 0, poller->pool);
  wanted.poll.client_data = entry;
  apr_status_t status = apr_pollset_add(poller->pollset, &wanted.poll);
  if (status == APR_SUCCESS) *entry = wanted;
  return status;
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  if (fd >= MOST || !poller->entries[fd].used) return ENOENT;
  poller->entries[fd].used = false;
  apr_status_t status = apr_pollset_remove(poller->pollset, &poller->entries[fd].poll);
  return status == APR_NOTFOUND ? ENOENT : status;
}

static int modify(void* of, int fd, int interest, int token) {
  if (interest & (EDGE | ONESHOT | EXCLUSIVE | READ_CLOSED)) return ENOTSUP;
  int error = remove_(of, fd);
  return error != 0 ? error : add(of, fd, interest, token);
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  long long deadline = deadline_of(timeout_ns);
  const apr_pollfd_t* ready;
  apr_int32_t count = 0;
  apr_status_t status;
  do {
    int left = left_ms(deadline);
    status = apr_pollset_poll(poller->pollset, left < 0 ? -1 : (apr_interval_time_t)left * 1000, &count, &ready);
    batch->woken = apr_atomic_xchg32(&poller->wakes, 0) != 0;
  } while (!batch->woken && status != APR_SUCCESS && left_ms(deadline) != 0);
  for (int i = 0; status == APR_SUCCESS && i < count; i++) {
    struct entry* entry = ready[i].client_data;
    report(batch, entry->fd, from_library(ready[i].rtnevents, entry->interest), entry->token);
  }
}

static void wake(void* of) {
  struct poller* poller = of;
  apr_atomic_set32(&poller->wakes, 1);
  apr_pollset_wakeup(poller->pollset);
}

static void close_poller(void* of) {
  struct poller* poller = of;
  apr_pollset_destroy(poller->pollset);
  apr_pool_destroy(poller->pool);
  free(poller);
}

int main(void) {
  apr_initialize();
  return drive(&(struct driver){
      .name = "APR, apr_pollset",
      .lacks = "\"edge\":\"a pollset has level mode only\",\"oneshot\":\"a pollset has level mode only\","
               "\"exclusive\":\"a pollset has level mode only\",\"readClosed\":\"a pollset has no end of the peer\","
               "\"nested\":\"a pollset has no descriptor to watch\","
               "\"threads\":\"this pollset is not made with APR_POLLSET_THREADSAFE\","
               "\"subMillisecond\":\"the timeouts of a pollset are those of epoll_wait(2), in milliseconds\"",
      .resolution_ns = 1000000,
      .open = open_poller,
      .add = add,
      .modify = modify,
      .remove = remove_,
      .wait = wait_,
      .wake = wake,
      .close = close_poller});
}
