/* libevent: a struct event for each descriptor, and one turn of the loop for each wait.
 *
 *   apt-get install libevent-dev && make -C examples/drivers libevent
 *   npx pollux conformance --driver examples/drivers/build/libevent
 */
#include "driver.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

enum { MOST = 4096 };

struct poller {
  struct event_base* base;
  struct event* timer;
  struct event* waker;
  struct batch* batch;
  struct entry {
    struct event* event;
    struct poller* poller;
    int interest;
    int token;
  } entries[MOST];
};

static short to_library(int interest) {
  return (interest & READABLE ? EV_READ | EV_CLOSED : 0) | (interest & WRITABLE ? EV_WRITE : 0) |
         (interest & READ_CLOSED ? EV_CLOSED : 0) | (interest & EDGE ? EV_ET : 0) |
         (interest & ONESHOT ? 0 : EV_PERSIST);
}

static void on_event(evutil_socket_t fd, short what, void* of) {
  struct entry* entry = of;
  int readiness =
      (what & EV_READ ? READABLE : 0) | (what & EV_WRITE ? WRITABLE : 0) | (what & EV_CLOSED ? READ_CLOSED : 0);
  report(entry->poller->batch, fd, readiness, entry->token);
}

static void on_wake(evutil_socket_t fd, short what, void* of) {
  (void)fd, (void)what;
  ((struct poller*)of)->batch->woken = true;
}

static void on_time(evutil_socket_t fd, short what, void* of) { (void)fd, (void)what, (void)of; }

static void* open_poller(int capacity, int* fd) {
  (void)capacity, (void)fd;
  struct poller* poller = calloc(1, sizeof *poller);
  poller->base = event_base_new();
  if (poller->base == NULL) return free(poller), errno = EMFILE, NULL;
  poller->timer = event_new(poller->base, -1, 0, on_time, poller);
  poller->waker = event_new(poller->base, -1, EV_PERSIST, on_wake, poller);
  return poller;
}

static int start(struct poller* poller, int fd, int interest, int token) {
  struct entry* entry = &poller->entries[fd];
  *entry = (struct entry){event_new(poller->base, fd, to_library(interest), on_event, entry), poller, interest, token};
  errno = 0;
  if ((interest & (READABLE | WRITABLE | READ_CLOSED)) == 0 || event_add(entry->event, NULL) == 0) return 0;
  int error = errno == 0 ? EINVAL : errno;
  event_free(entry->event);
  entry->event = NULL;
  return error;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & (PRIORITY | EXCLUSIVE)) return ENOTSUP;
  if (fd >= MOST) return EBADF;
  return poller->entries[fd].event != NULL ? EEXIST : start(poller, fd, interest, token);
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  if (fd >= MOST || poller->entries[fd].event == NULL) return ENOENT;
  event_free(poller->entries[fd].event);
  poller->entries[fd].event = NULL;
  return 0;
}

static int modify(void* of, int fd, int interest, int token) {
  if (interest & (PRIORITY | EXCLUSIVE)) return ENOTSUP;
  int error = remove_(of, fd);
  return error != 0 ? error : start(of, fd, interest, token);
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  long long deadline = deadline_of(timeout_ns);
  poller->batch = batch;
  do {
    int left = left_ms(deadline);
    struct timeval timeout = {left / 1000, left % 1000 * 1000};
    if (left > 0) event_add(poller->timer, &timeout);
    event_base_loop(poller->base, EVLOOP_ONCE | (left == 0 ? EVLOOP_NONBLOCK : EVLOOP_NO_EXIT_ON_EMPTY));
    event_del(poller->timer);
  } while (batch->length == 0 && !batch->woken && left_ms(deadline) != 0);
}

static void wake(void* of) { event_active(((struct poller*)of)->waker, 0, 0); }

static void close_poller(void* of) {
  struct poller* poller = of;
  for (int fd = 0; fd < MOST; fd++) remove_(poller, fd);
  event_free(poller->timer);
  event_free(poller->waker);
  event_base_free(poller->base);
  free(poller);
}

int main(void) {
  return drive(&(struct driver){
      .name = "libevent, epoll",
      .lacks =
          "\"priority\":\"libevent has no urgent data\",\"exclusive\":\"libevent has no exclusive mode\","
          "\"nested\":\"an event_base has no descriptor\",\"threads\":\"one thread runs the loop of an event_base\","
          "\"capacity\":\"a turn of the loop calls back for all that is ready\","
          "\"subMillisecond\":\"the timeouts of libevent are those of epoll_wait(2), in milliseconds\"",
      .resolution_ns = 1000000,
      .open = open_poller,
      .add = add,
      .modify = modify,
      .remove = remove_,
      .wait = wait_,
      .wake = wake,
      .close = close_poller});
}
