/* poll(2): a list of descriptors that is handed to the kernel anew by each wait.
 *
 *   make -C examples/drivers poll
 *   npx pollux conformance --driver examples/drivers/build/poll
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096 };

/* The first entry is the waker. */
struct poller {
  int length;
  struct pollfd list[MOST];
  int interests[MOST];
  int tokens[MOST];
};

static short to_kernel(int interest) {
  return (interest & READABLE ? POLLIN | POLLRDHUP : 0) | (interest & WRITABLE ? POLLOUT : 0) |
         (interest & PRIORITY ? POLLPRI : 0) | (interest & READ_CLOSED ? POLLRDHUP : 0);
}

static int from_kernel(short events, int interest) {
  int readiness = (events & (POLLIN | POLLHUP | POLLERR) ? READABLE : 0) |
                  (events & (POLLOUT | POLLERR) ? WRITABLE : 0) | (events & POLLPRI ? PRIORITY : 0) |
                  (events & (POLLRDHUP | POLLHUP) ? READ_CLOSED : 0);
  int asked = interest | (interest & READABLE ? READ_CLOSED : 0);
  return (readiness & asked) | (events & POLLHUP ? HANGUP : 0) | (events & (POLLERR | POLLNVAL) ? ERROR : 0);
}

static int index_of(const struct poller* poller, int fd) {
  for (int i = 1; i < poller->length; i++)
    if (poller->list[i].fd == fd || poller->list[i].fd == ~fd) return i;
  return 0;
}

/* A negative number in the list is left out by the kernel: so an entry is paused. */
static void set(struct poller* poller, int i, int fd, int interest) {
  poller->list[i] = (struct pollfd){interest == 0 ? ~fd : fd, to_kernel(interest), 0};
  poller->interests[i] = interest;
}

static void* open_poller(int capacity, int* fd) {
  (void)capacity, (void)fd;
  int waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (waker < 0) return NULL;
  struct poller* poller = calloc(1, sizeof *poller);
  poller->length = 1;
  set(poller, 0, waker, READABLE);
  return poller;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & (EDGE | ONESHOT | EXCLUSIVE)) return ENOTSUP;
  if (index_of(poller, fd) != 0) return EEXIST;
  if (poller->length == MOST) return ENOSPC;
  poller->tokens[poller->length] = token;
  set(poller, poller->length++, fd, interest);
  return 0;
}

static int modify(void* of, int fd, int interest, int token) {
  int i = index_of(of, fd);
  (void)token;
  if (interest & (EDGE | ONESHOT | EXCLUSIVE)) return ENOTSUP;
  if (i == 0) return ENOENT;
  set(of, i, fd, interest);
  return 0;
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  int i = index_of(poller, fd);
  if (i == 0) return ENOENT;
  int last = --poller->length;
  poller->list[i] = poller->list[last];
  poller->interests[i] = poller->interests[last];
  poller->tokens[i] = poller->tokens[last];
  return 0;
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  long long deadline = deadline_of(timeout_ns);
  int count;
  do {
    long long left = deadline - now_ns() > 0 ? deadline - now_ns() : 0;
    struct timespec timeout = {left / 1000000000, left % 1000000000};
    count = ppoll(poller->list, poller->length, deadline < 0 ? NULL : &timeout, NULL);
  } while (count < 0 && errno == EINTR);
  eventfd_t wakes;
  batch->woken = count > 0 && poller->list[0].revents != 0 && eventfd_read(poller->list[0].fd, &wakes) == 0;
  for (int i = 1; count > 0 && i < poller->length; i++) {
    int readiness = from_kernel(poller->list[i].revents, poller->interests[i]);
    if (readiness != 0) report(batch, poller->list[i].fd, readiness, poller->tokens[i]);
  }
}

static void wake(void* of) { eventfd_write(((struct poller*)of)->list[0].fd, 1); }

static void close_poller(void* of) {
  close(((struct poller*)of)->list[0].fd);
  free(of);
}

int main(void) {
  return drive(&(struct driver){.name = "poll(2), in C",
                                .lacks = "\"edge\":\"poll(2) has no memory, so it has no edges\","
                                         "\"oneshot\":\"poll(2) has no memory, so nothing is disarmed\","
                                         "\"exclusive\":\"poll(2) has no exclusive mode\","
                                         "\"nested\":\"poll(2) has no descriptor of its own\","
                                         "\"capacity\":\"poll(2) returns all that is ready\","
                                         "\"threads\":\"a poll(2) that waits does not see what another thread adds\"",
                                .resolution_ns = 1,
                                .open = open_poller,
                                .add = add,
                                .modify = modify,
                                .remove = remove_,
                                .wait = wait_,
                                .wake = wake,
                                .close = close_poller});
}
