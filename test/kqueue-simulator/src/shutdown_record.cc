#include "shutdown_record.h"

#include <stdint.h>
#include <sys/socket.h>

#include <mutex>
#include <set>

namespace simulator {
namespace {

struct Record {
  std::mutex mutex;
  std::set<uint64_t> cookies;
};

Record& TheRecord() {
  static Record* record = new Record;
  return *record;
}

// Unique for as long as the kernel runs, so a later socket with the same number is not mistaken. 0: not a socket.
uint64_t CookieOf(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

bool IsUnix(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

void RecordShutdown(int fd, int how) {
  if (how == SHUT_RD || !IsUnix(fd)) return;
  Record& record = TheRecord();
  std::lock_guard<std::mutex> lock(record.mutex);
  record.cookies.insert(CookieOf(fd));
}

bool WriteWasShutDown(int fd) {
  Record& record = TheRecord();
  std::lock_guard<std::mutex> lock(record.mutex);
  return record.cookies.count(CookieOf(fd)) != 0;
}

}  // namespace simulator
