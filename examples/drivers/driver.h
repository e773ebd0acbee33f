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

/* What a wait returns. */
struct batch {
  struct ready {
    int fd;
    int readiness;
    int token;
  }* ready;
  int length;
  int capacity;
  bool woken;
};

/* add(), modify() and remove() return 0 or an error number of errno.h. */
struct driver {
  const char* name;
  /* What the poller lacks: the members of a JSON object, each with the reason. */
  const char* lacks;
  long long resolution_ns;
  /* Returns NULL and sets errno where no poller can be opened. `fd`: the descriptor of the poller, if it has one. */
  void* (*open)(int capacity, int* fd);
  int (*add)(void* poller, int fd, int interest, int token);
  int (*modify)(void* poller, int fd, int interest, int token);
  int (*remove)(void* poller, int fd);
  /* `timeout_ns` < 0: until there is an event. */
  void (*wait)(void* poller, long long timeout_ns, struct batch* batch);
  void (*wake)(void* poller);
  void (*close)(void* poller);
};

/* Answers requests until the other side closes the socket. */
int drive(const struct driver* driver);

/* Appends an event, where there is room. */
void report(struct batch* batch, int fd, int readiness, int token);

/* The time of a clock that never goes back. */
long long now_ns(void);
/* The time at which a timeout that begins now ends; -1 for none. */
long long deadline_of(long long timeout_ns);
/* What is left until a deadline, in milliseconds, rounded up; -1 for no deadline. */
int left_ms(long long deadline_ns);

#endif
