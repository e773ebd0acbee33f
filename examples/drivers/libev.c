/* libev: an ev_io for each descriptor, and one turn of the loop for each wait.
 *
 *   apt-get install libev-dev && make -C examples/drivers libev
 *   npx pollux conformance --driver examples/drivers/build/libev
 */
#include "driver.h"

#include <errno.h>
#include <ev.h>
#include <stddef.h>
#include <stdlib.h>

enum { MOST = 4096 };

struct poller {
  struct ev_loop* loop;
  ev_timer timer;
  ev_async waker;
  struct batch* batch;
  struct entry {
    ev_io io;
    struct poller* poller;
    bool used;
    int interest;
    int token;
  } entries[MOST];
};

static int to_library(int interest) {
  return (interest & READABLE ? EV_READ : 0) | (interest & WRITABLE ? EV_WRITE : 0);
}

static void on_ready(struct ev_loop* loop, ev_io* io, int events) {
  struct entry* entry = (struct entry*)io;
  (void)loop;
  int readiness = (events & EV_READ ? READABLE : 0) | (events & EV_WRITE ? WRITABLE : 0);
  report(entry->poller->batch, io->fd, (readiness & entry->interest) | (events & EV_ERROR ? ERROR : 0), entry->token);
}

static void on_wake(struct ev_loop* loop, ev_async* waker, int events) {
  (void)loop, (void)events;
  ((struct poller*)waker->data)->batch->woken = true;
}

static void on_time(struct ev_loop* loop, ev_timer* timer, int events) { (void)loop, (void)timer, (void)events; }

static void* open_poller(int capacity, int* fd) {
  (void)capacity, (void)fd;
  struct poller* poller = calloc(1, sizeof *poller);
  poller->loop = ev_loop_new(EVFLAG_AUTO);
  if (poller->loop == NULL) return free(poller), errno = EMFILE, NULL;
  ev_init(&poller->timer, on_time);
  ev_async_init(&poller->waker, on_wake);
  poller->waker.data = poller;
  ev_async_start(poller->loop, &poller->waker);
  return poller;
}

static int start(struct poller* poller, int fd, int interest, int token) {
  struct entry* entry = &poller->entries[fd];
  entry->poller = poller;
  entry->used = true;
  entry->interest = interest;
  entry->token = token;
  ev_io_init(&entry->io, on_ready, fd, to_library(interest));
  if (to_library(interest) != 0) ev_io_start(poller->loop, &entry->io);
  return 0;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & ~(READABLE | WRITABLE)) return ENOTSUP;
  if (fd >= MOST) return EBADF;
  return poller->entries[fd].used ? EEXIST : start(poller, fd, interest, token);
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  if (fd >= MOST || !poller->entries[fd].used) return ENOENT;
  ev_io_stop(poller->loop, &poller->entries[fd].io);
  poller->entries[fd].used = false;
  return 0;
}

static int modify(void* of, int fd, int interest, int token) {
  if (interest & ~(READABLE | WRITABLE)) return ENOTSUP;
  int error = remove_(of, fd);
  return error != 0 ? error : start(of, fd, interest, token);
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  long long deadline = deadline_of(timeout_ns);
  poller->batch = batch;
  do {
    long long left = deadline < 0 ? -1 : deadline - now_ns();
    if (left > 0) {
      ev_now_update(poller->loop);
      ev_timer_set(&poller->timer, left / 1e9, 0);
      ev_timer_start(poller->loop, &poller->timer);
    }
    ev_run(poller->loop, deadline >= 0 && left <= 0 ? EVRUN_NOWAIT : EVRUN_ONCE);
    ev_timer_stop(poller->loop, &poller->timer);
  } while (batch->length == 0 && !batch->woken && (deadline < 0 || now_ns() < deadline));
}

static void wake(void* of) {
  struct poller* poller = of;
  ev_async_send(poller->loop, &poller->waker);
}

static void close_poller(void* of) {
  struct poller* poller = of;
  for (int fd = 0; fd < MOST; fd++) remove_(poller, fd);
  ev_async_stop(poller->loop, &poller->waker);
  ev_loop_destroy(poller->loop);
  free(poller);
}

int main(void) {
  return drive(&(struct driver){
      .name = "libev 4.33, epoll",
      .lacks = "\"edge\":\"libev has level mode only\",\"oneshot\":\"libev has level mode only\","
               "\"exclusive\":\"libev has level mode only\",\"priority\":\"libev has no urgent data\","
               "\"readClosed\":\"libev reports readable and writable, and no end of the peer\","
               "\"nested\":\"libev makes changes only when its loop runs\","
               "\"threads\":\"one thread runs a loop of libev\","
               "\"capacity\":\"a turn of the loop calls back for all that is ready\","
               "\"subMillisecond\":\"the timeouts of libev are those of epoll_wait(2), in milliseconds\"",
      .resolution_ns = 1000000,
      .open = open_poller,
      .add = add,
      .modify = modify,
      .remove = remove_,
      .wait = wait_,
      .wake = wake,
      .close = close_poller});
}
