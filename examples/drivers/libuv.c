/* libuv: a uv_poll_t for each descriptor, and one turn of the loop for each wait.
 *
 *   apt-get install libuv1-dev && make -C examples/drivers libuv
 *   npx pollux conformance --driver examples/drivers/build/libuv
 */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define VERSION TEXT(UV_VERSION_MAJOR) "." TEXT(UV_VERSION_MINOR) "." TEXT(UV_VERSION_PATCH)

enum { MOST = 4096 };

struct poller {
  uv_loop_t loop;
  uv_timer_t timer;
  uv_async_t waker;
  struct batch* batch;
  struct entry {
    uv_poll_t poll;
    int fd;
    int interest;
    int token;
  }* entries[MOST];
};

static int to_library(int interest) {
  return (interest & READABLE ? UV_READABLE | UV_DISCONNECT : 0) | (interest & WRITABLE ? UV_WRITABLE : 0) |
         (interest & PRIORITY ? UV_PRIORITIZED : 0) | (interest & READ_CLOSED ? UV_DISCONNECT : 0);
}

static void on_ready(uv_poll_t* poll, int status, int events) {
  struct entry* entry = (struct entry*)poll;
  struct poller* poller = poll->loop->data;
  int readiness = (events & UV_READABLE ? READABLE : 0) | (events & UV_WRITABLE ? WRITABLE : 0) |
                  (events & UV_PRIORITIZED ? PRIORITY : 0) | (events & UV_DISCONNECT ? READ_CLOSED : 0);
  report(poller->batch, entry->fd, readiness | (status < 0 ? ERROR : 0), entry->token);
}

static void on_wake(uv_async_t* waker) { ((struct poller*)waker->loop->data)->batch->woken = true; }

static void on_time(uv_timer_t* timer) { (void)timer; }

static void free_entry(uv_handle_t* handle) { free(handle); }

static void* open_poller(int capacity, int* fd) {
  (void)capacity, (void)fd;
  struct poller* poller = calloc(1, sizeof *poller);
  int error = uv_loop_init(&poller->loop);
  if (error != 0) return free(poller), errno = -error, NULL;
  poller->loop.data = poller;
  uv_timer_init(&poller->loop, &poller->timer);
  uv_async_init(&poller->loop, &poller->waker, on_wake);
  return poller;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & (EDGE | ONESHOT | EXCLUSIVE)) return ENOTSUP;
  if (fd >= MOST) return EBADF;
  if (poller->entries[fd] != NULL) return EEXIST;
  struct entry* entry = calloc(1, sizeof *entry);
  entry->fd = fd, entry->interest = interest, entry->token = token;
  int error = uv_poll_init(&poller->loop, &entry->poll, fd);
  if (error != 0) return free(entry), -error;
  poller->entries[fd] = entry;
  return interest == 0 ? 0 : -uv_poll_start(&entry->poll, to_library(interest), on_ready);
}

static int modify(void* of, int fd, int interest, int token) {
  struct entry* entry = fd >= MOST ? NULL : ((struct poller*)of)->entries[fd];
  (void)token;
  if (interest & (EDGE | ONESHOT | EXCLUSIVE)) return ENOTSUP;
  if (entry == NULL) return ENOENT;
  entry->interest = interest;
  return interest == 0 ? -uv_poll_stop(&entry->poll) : -uv_poll_start(&entry->poll, to_library(interest), on_ready);
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  if (fd >= MOST || poller->entries[fd] == NULL) return ENOENT;
  uv_close((uv_handle_t*)&poller->entries[fd]->poll, free_entry);
  poller->entries[fd] = NULL;
  return 0;
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  long long deadline = deadline_of(timeout_ns);
  poller->batch = batch;
  do {
    int left = left_ms(deadline);
    if (left > 0) {
      uv_update_time(&poller->loop);
      uv_timer_start(&poller->timer, on_time, left, 0);
    }
    uv_run(&poller->loop, left == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    uv_timer_stop(&poller->timer);
  } while (batch->length == 0 && !batch->woken && left_ms(deadline) != 0);
}

static void wake(void* of) { uv_async_send(&((struct poller*)of)->waker); }

static void close_poller(void* of) {
  struct poller* poller = of;
  for (int fd = 0; fd < MOST; fd++) remove_(poller, fd);
  uv_close((uv_handle_t*)&poller->timer, NULL);
  uv_close((uv_handle_t*)&poller->waker, NULL);
  uv_run(&poller->loop, UV_RUN_DEFAULT);
  uv_loop_close(&poller->loop);
  free(poller);
}

int main(void) {
  return drive(
      &(struct driver){.name = "libuv " VERSION ", uv_poll",
                       .lacks = "\"edge\":\"uv_poll has level mode only\",\"oneshot\":\"uv_poll has level mode only\","
                                "\"exclusive\":\"uv_poll has level mode only\","
                                "\"nested\":\"libuv makes changes only when its loop runs\","
                                "\"threads\":\"one thread runs a loop of libuv\","
                                "\"capacity\":\"a turn of the loop calls back for all that is ready\","
                                "\"subMillisecond\":\"the timers of libuv count milliseconds\"",
                       .resolution_ns = 1000000,
                       .open = open_poller,
                       .add = add,
                       .modify = modify,
                       .remove = remove_,
                       .wait = wait_,
                       .wake = wake,
                       .close = close_poller});
}
