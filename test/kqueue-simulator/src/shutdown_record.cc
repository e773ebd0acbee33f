#include "shutdown_record.h"

#include <stdint.h>
#include <sys/socket.h>

#include <set>

namespace simulator {
namespace {

std::set<uint64_t>& Cookies() {
  static std::set<uint64_t>* cookies = new std::set<uint64_t>;
  return *cookies;
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
  if (how != SHUT_RD && IsUnix(fd)) Cookies().insert(CookieOf(fd));
}

bool WriteWasShutDown(int fd) { return Cookies().count(CookieOf(fd)) != 0; }

}  // namespace simulator
