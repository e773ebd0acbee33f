// What the checks of the simulator have in common.
#ifndef KQUEUE_SIMULATOR_TESTS_CHECK_H
#define KQUEUE_SIMULATOR_TESTS_CHECK_H

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/event.h>
#include <unistd.h>

#include <vector>

#include "simulator.h"

inline int failures = 0;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      failures++;                                                             \
      fprintf(stderr, "%s:%d: %s: not so\n", __func__, __LINE__, #condition); \
    }                                                                         \
  } while (0)

inline bool Is(const char* personality) { return strcmp(kqueue_simulator_personality(), personality) == 0; }

inline int Change(int kq, uintptr_t ident, int filter, int flags, unsigned fflags = 0, int64_t data = 0) {
  struct kevent change;
  EV_SET(&change, ident, filter, flags, fflags, data, nullptr);
  return kevent(kq, &change, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
}

inline std::vector<struct kevent> Events(int kq, int timeout_ms = 0) {
  std::vector<struct kevent> events(16);
  const timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  const int count = kevent(kq, nullptr, 0, events.data(), 16, &timeout);
  events.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return events;
}

inline bool IsReady(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

inline std::vector<kqueue_simulator_knote> Knotes(int kq) {
  std::vector<kqueue_simulator_knote> knotes(16);
  const int count = kqueue_simulator_knotes(kq, knotes.data(), 16);
  knotes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return knotes;
}

struct Pipe {
  int ends[2];
  Pipe() { CHECK(pipe(ends) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Write(const char* text) { CHECK(write(ends[1], text, strlen(text)) > 0); }
  void Read(size_t size) {
    char buffer[64];
    CHECK(read(ends[0], buffer, size) > 0);
  }
  void CloseReader() {
    close(ends[0]);
    ends[0] = -1;
  }
};

#endif
