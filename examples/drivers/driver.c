/* The driver protocol in C: reads a request from the socket, calls the poller, and writes the answer. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_POLLERS = 1024, LINE = 512, ANSWER = 4096, EVENT = 40 };

struct opened {
  void* poller;
  int capacity;
};

static const struct driver* driver;
static struct opened pollers[MOST_POLLERS];
static pthread_mutex_t pollers_lock = PTHREAD_MUTEX_INITIALIZER;

/* The member `name`. The protocol promises one flat object without blanks, whose members are numbers but for "op". */
static long long number(const char* line, const char* name) {
  char key[32];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char* at = strstr(line, key);
  return at == NULL ? 0 : strtoll(at + strlen(key), NULL, 10);
}

static bool is(const char* line, const char* op) {
  char key[32];
  snprintf(key, sizeof key, "\"op\":\"%s\"", op);
  return strstr(line, key) != NULL;
}

/* Reads a line, and the descriptor that came with it, -1 for none. Returns false at the end. */
static bool receive(int socket, char* line, int* descriptor) {
  size_t length = 0;
  *descriptor = -1;
  while (length == 0 || line[length - 1] != '\n') {
    union {
      struct cmsghdr header;
      char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec bytes = {line + length, LINE - 1 - length};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    length += count;
  }
  line[length] = '\0';
  return true;
}

static void reply(int socket, const char* answer, size_t length) {
  while (length > 0) {
    ssize_t count = send(socket, answer, length, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) answer += count, length -= count;
  }
}

static int outcome(char* answer, int error) {
  if (error == 0) return sprintf(answer, "{}\n");
  return sprintf(answer, "{\"error\":\"%s\",\"message\":\"%s\"}\n", strerrorname_np(error), strerror(error));
}

static int hello(char* answer) {
  return snprintf(answer, ANSWER, "{\"version\":1,\"name\":\"%s\",\"pid\":%d,\"resolutionNs\":%lld,\"lacks\":{%s}}\n",
                  driver->name, getpid(), driver->resolution_ns, driver->lacks);
}

/* The lowest free number from `least` on becomes that of the descriptor that was received. */
static int take(int descriptor, int least, char* answer) {
  int fd = fcntl(descriptor, F_DUPFD_CLOEXEC, least);
  int error = errno;
  close(descriptor);
  return fd < 0 ? outcome(answer, error) : sprintf(answer, "{\"fd\":%d}\n", fd);
}

static int open_poller(int capacity, char* answer) {
  int index = 0, fd = -1, error = EMFILE;
  pthread_mutex_lock(&pollers_lock);
  while (index < MOST_POLLERS && pollers[index].poller != NULL) index++;
  if (index < MOST_POLLERS) {
    pollers[index] = (struct opened){driver->open(capacity, &fd), capacity};
    error = pollers[index].poller == NULL ? errno : 0;
  }
  pthread_mutex_unlock(&pollers_lock);
  if (error != 0) return outcome(answer, error);
  if (fd < 0) return sprintf(answer, "{\"poller\":%d}\n", index);
  return sprintf(answer, "{\"poller\":%d,\"fd\":%d}\n", index, fd);
}

static void close_poller(struct opened* opened) {
  void* poller = opened->poller;
  pthread_mutex_lock(&pollers_lock);
  opened->poller = NULL;
  pthread_mutex_unlock(&pollers_lock);
  driver->close(poller);
}

static int wait_for_events(const struct opened* opened, long long timeout_ns, char** answer) {
  struct batch batch = {.capacity = opened->capacity};
  batch.ready = malloc(batch.capacity * sizeof *batch.ready);
  driver->wait(opened->poller, timeout_ns, &batch);
  *answer = realloc(*answer, ANSWER + (size_t)batch.length * EVENT);
  int length = sprintf(*answer, "{\"woken\":%s,\"events\":[", batch.woken ? "true" : "false");
  for (int i = 0; i < batch.length; i++) {
    const struct ready* ready = &batch.ready[i];
    length += sprintf(*answer + length, "%s[%d,%d,%d]", i == 0 ? "" : ",", ready->fd, ready->readiness, ready->token);
  }
  free(batch.ready);
  return length + sprintf(*answer + length, "]}\n");
}

static int thread_for(int socket);

/* Answers one request, and returns the length of the answer. */
static int answer_to(const char* line, int descriptor, char** answer) {
  int fd = (int)number(line, "fd"), interest = (int)number(line, "interest"), token = (int)number(line, "token");
  if (is(line, "hello")) return hello(*answer);
  if (is(line, "take")) return take(descriptor, fd, *answer);
  if (is(line, "release")) return outcome(*answer, close(fd) == 0 ? 0 : errno);
  if (is(line, "threads")) return outcome(*answer, thread_for(descriptor));
  if (is(line, "open")) return open_poller((int)number(line, "capacity"), *answer);

  struct opened* opened = &pollers[number(line, "poller") % MOST_POLLERS];
  if (is(line, "add")) return outcome(*answer, driver->add(opened->poller, fd, interest, token));
  if (is(line, "modify")) return outcome(*answer, driver->modify(opened->poller, fd, interest, token));
  if (is(line, "remove")) return outcome(*answer, driver->remove(opened->poller, fd));
  if (is(line, "wait")) return wait_for_events(opened, number(line, "timeoutNs"), answer);
  if (is(line, "wake")) return driver->wake(opened->poller), outcome(*answer, 0);
  if (is(line, "close")) return close_poller(opened), outcome(*answer, 0);
  return outcome(*answer, ENOSYS);
}

static void* serve(void* of) {
  int socket = (int)(intptr_t)of, descriptor;
  char line[LINE], *answer = malloc(ANSWER);
  while (receive(socket, line, &descriptor)) reply(socket, answer, answer_to(line, descriptor, &answer));
  free(answer);
  close(socket);
  return NULL;
}

static int thread_for(int socket) {
  pthread_t thread;
  int error = pthread_create(&thread, NULL, serve, (void*)(intptr_t)socket);
  if (error == 0) pthread_detach(thread);
  return error;
}

static void heard(int signal) { (void)signal; }

int drive(const struct driver* of) {
  const char* socket = getenv("POLLUX_DRIVER_SOCKET");
  if (socket == NULL)
    return fprintf(stderr, "this is a driver: npx pollux conformance --driver COMMAND starts it\n"), 2;
  /* Without SA_RESTART: the signals of the clauses interrupt the waits. */
  sigaction(SIGWINCH, &(struct sigaction){.sa_handler = heard}, NULL);
  driver = of;
  serve((void*)(intptr_t)atoi(socket));
  return 0;
}

void report(struct batch* batch, int fd, int readiness, int token) {
  if (batch->length < batch->capacity) batch->ready[batch->length++] = (struct ready){fd, readiness, token};
}

long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

long long deadline_of(long long timeout_ns) {
  return timeout_ns < 0 ? -1 : timeout_ns > LLONG_MAX / 2 ? LLONG_MAX : now_ns() + timeout_ns;
}

int left_ms(long long deadline_ns) {
  if (deadline_ns < 0) return -1;
  long long left = deadline_ns - now_ns();
  if (left <= 0) return 0;
  return left / 1000000 >= INT_MAX ? INT_MAX : (int)((left + 999999) / 1000000);
}
