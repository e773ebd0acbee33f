/* A driver in C: implement `struct driver` and call drive(). docs/driver-protocol.md is the protocol. */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>

enum {
  READABLE = 0x01,
  WRITABLE = 0x02,
  PRIORITY = 0x04,
  READ_CLOSED = 0x08,
  HANGUP = 0x10,
  ERROR = 0x20,
  EDGE = 0x100,
  ONESHOT = 0x200,
  EXCLUSIVE = 0x400,
};

struct event {
  int fd;
  int readiness;
  int token;
};

/* add(), modify() and remove() return 0 or an error number of errno.h. */
struct driver {
  const char* name;
  /* What the poller lacks: the members of a JSON object, each with the reason. */
  const char* lacks;
  long long resolution_ns;
  /* Returns NULL and sets errno where no poller can be opened. `fd`: the descriptor of the poller itself, if it has
   * one. */
  void* (*open)(int capacity, int* fd);
  int (*add)(void* poller, int fd, int interest, int token);
  int (*modify)(void* poller, int fd, int interest, int token);
  int (*remove)(void* poller, int fd);
  /* Returns how many events there are. `timeout_ns` < 0: until there is one. */
  int (*wait)(void* poller, long long timeout_ns, struct event* events, int capacity, bool* woken);
  void (*wake)(void* poller);
  void (*close)(void* poller);
};

/* Answers requests until the other side closes the socket. */
int drive(const struct driver* driver);

/* The time of a clock that never goes back, and the deadline of a timeout; -1 for none. */
long long now_ns(void);
long long deadline_of(long long timeout_ns);
/* What is left until the deadline, in milliseconds, rounded up; -1 for no deadline. */
int left_ms(long long deadline_ns);

#endif
