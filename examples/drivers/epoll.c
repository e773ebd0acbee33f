/* epoll(7) without a registry: nothing is kept but what the kernel keeps.
 *
 *   make -C examples/drivers epoll
 *   npx pollux conformance --driver examples/drivers/build/epoll
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct poller {
  int epoll;
  int waker;
};

static const uint64_t WAKE = UINT64_MAX;

static uint32_t to_kernel(int interest) {
  if (interest & EXCLUSIVE) interest &= ~READ_CLOSED; /* The kernel refuses EPOLLRDHUP beside EPOLLEXCLUSIVE. */
  return (interest & READABLE ? EPOLLIN | (interest & EXCLUSIVE ? 0 : EPOLLRDHUP) : 0) |
         (interest & WRITABLE ? EPOLLOUT : 0) | (interest & PRIORITY ? EPOLLPRI : 0) |
         (interest & READ_CLOSED ? EPOLLRDHUP : 0) | (interest & EDGE ? EPOLLET : 0) |
         (interest & ONESHOT ? EPOLLONESHOT : 0) | (interest & EXCLUSIVE ? EPOLLEXCLUSIVE : 0);
}

/* After a hangup or an error a read or write does not block, so it counts as ready for whoever asked. */
static int from_kernel(uint32_t events, int interest) {
  int readiness = (events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? READABLE : 0) |
                  (events & (EPOLLOUT | EPOLLERR) ? WRITABLE : 0) | (events & EPOLLPRI ? PRIORITY : 0) |
                  (events & (EPOLLRDHUP | EPOLLHUP) ? READ_CLOSED : 0);
  int asked = interest | (interest & READABLE ? READ_CLOSED : 0);
  return (readiness & asked) | (events & EPOLLHUP ? HANGUP : 0) | (events & EPOLLERR ? ERROR : 0);
}

/* The user data has all that an event needs: token, interest and descriptor. */
static uint64_t pack(int fd, int interest, int token) {
  return (uint64_t)token << 32 | (uint64_t)(interest & 0xff) << 24 | (uint32_t)fd;
}

static int control(struct poller* poller, int operation, int fd, int interest, int token) {
  struct epoll_event event = {to_kernel(interest), {.u64 = pack(fd, interest, token)}};
  return epoll_ctl(poller->epoll, operation, fd, &event) == 0 ? 0 : errno;
}

static void* open_poller(int capacity, int* fd) {
  (void)capacity;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return NULL;
  int waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (waker < 0) return close(epoll), errno = EMFILE, NULL;
  epoll_ctl(epoll, EPOLL_CTL_ADD, waker, &(struct epoll_event){EPOLLIN | EPOLLET, {.u64 = WAKE}});
  struct poller* poller = malloc(sizeof *poller);
  *poller = (struct poller){epoll, waker};
  *fd = epoll;
  return poller;
}

static int add(void* poller, int fd, int interest, int token) {
  return control(poller, EPOLL_CTL_ADD, fd, interest, token);
}

static int modify(void* poller, int fd, int interest, int token) {
  return control(poller, EPOLL_CTL_MOD, fd, interest, token);
}

static int remove_(void* poller, int fd) { return control(poller, EPOLL_CTL_DEL, fd, 0, 0); }

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  struct epoll_event* records = malloc(batch->capacity * sizeof *records);
  long long deadline = deadline_of(timeout_ns);
  int count;
  do {
    long long left = deadline < 0 ? -1 : deadline - now_ns();
    if (deadline >= 0 && left < 0) left = 0;
    struct timespec timeout = {left / 1000000000, left % 1000000000};
    count = epoll_pwait2(poller->epoll, records, batch->capacity, left < 0 ? NULL : &timeout, NULL);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    uint64_t data = records[i].data.u64;
    if (data == WAKE)
      batch->woken = true;
    else
      report(batch, data & 0xffffff, from_kernel(records[i].events, data >> 24 & 0xff), data >> 32);
  }
  free(records);
}

static void wake(void* of) { eventfd_write(((struct poller*)of)->waker, 1); }

static void close_poller(void* of) {
  struct poller* poller = of;
  close(poller->epoll);
  close(poller->waker);
  free(poller);
}

int main(void) {
  return drive(&(struct driver){.name = "epoll, raw, in C",
                                .lacks = "",
                                .resolution_ns = 1,
                                .open = open_poller,
                                .add = add,
                                .modify = modify,
                                .remove = remove_,
                                .wait = wait_,
                                .wake = wake,
                                .close = close_poller});
}
