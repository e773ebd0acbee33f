#include "fixtures.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace check {
namespace {

int MakePipe(int* writer) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  *writer = fds[1];
  return fds[0];
}

int MakeSocketPair(int* other) {
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  *other = fds[1];
  return fds[0];
}

int MakeTcpPair(int* other) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 1) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  *other = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(*other, reinterpret_cast<sockaddr*>(&address), size) == 0);
  const int accepted = accept(listener, nullptr, nullptr);
  REQUIRE(accepted >= 0);
  close(listener);
  return accepted;
}

void Make(Pair* pair, int (*make)(int*)) {
  pair->a = make(&pair->b);
  SetNonBlocking(pair->a);
  SetNonBlocking(pair->b);
}

}  // namespace

Pair::~Pair() {
  CloseA();
  CloseB();
}

void Pair::CloseA() {
  if (a >= 0) close(a);
  a = -1;
}

void Pair::CloseB() {
  if (b >= 0) close(b);
  b = -1;
}

Pipe::Pipe() : Pair(-1, -1) { Make(this, MakePipe); }

Fifo::Fifo() : Pair(-1, -1) {
  snprintf(folder_, sizeof folder_, "/tmp/pollux-fifo-XXXXXX");
  REQUIRE(mkdtemp(folder_) != nullptr);
  snprintf(path_, sizeof path_, "%s/fifo", folder_);
  REQUIRE(mkfifo(path_, 0600) == 0);
  OpenA();
  OpenB();
}

Fifo::~Fifo() {
  unlink(path_);
  rmdir(folder_);
}

void Fifo::OpenA() {
  a = open(path_, O_RDONLY | O_NONBLOCK);
  REQUIRE(a >= 0);
}

void Fifo::OpenB() {
  b = open(path_, O_WRONLY | O_NONBLOCK);
  REQUIRE(b >= 0);
}

SocketPair::SocketPair() : Pair(-1, -1) { Make(this, MakeSocketPair); }
TcpPair::TcpPair() : Pair(-1, -1) { Make(this, MakeTcpPair); }

void SetNonBlocking(int fd) { REQUIRE(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0); }

void WriteByte(int fd) { REQUIRE(write(fd, "x", 1) == 1); }

void WriteUrgentByte(int fd) { REQUIRE(send(fd, "!", 1, MSG_OOB) == 1); }

int Drain(int fd) {
  char bytes[4096];
  int total = 0;
  for (;;) {
    const ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0) return total;
    total += static_cast<int>(count);
  }
}

void Fill(int fd) {
  char bytes[4096];
  memset(bytes, 'x', sizeof bytes);
  while (write(fd, bytes, sizeof bytes) > 0) {
  }
  while (write(fd, bytes, 1) > 0) {
  }
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

int CountOpen() {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++) count += IsOpen(fd) ? 1 : 0;
  return count;
}

Poller::Poller(int capacity) : events_(static_cast<size_t>(capacity)) {
  REQUIRE(!Open(&backend_));
  buffer_ = NewRecordBuffer(capacity);
  REQUIRE(buffer_ != nullptr);
}

Poller::~Poller() {
  DeleteRecordBuffer(buffer_);
  Close(backend_);
}

int Poller::Add(int fd, uint32_t interest) { return pollux::Add(backend_, fd, interest, &generation_).code; }

int Poller::Modify(int fd, uint32_t interest) { return pollux::Modify(backend_, fd, interest, &generation_).code; }

int Poller::Remove(int fd) { return pollux::Remove(backend_, fd).code; }

int Poller::Wait(int64_t timeout_ns) {
  const int64_t deadline_ns = timeout_ns == 0 ? kPollOnly : timeout_ns == kNever ? kNever : NowNs() + timeout_ns;
  error_ = pollux::Wait(backend_, buffer_, deadline_ns, events_.data(), &result_).code;
  return result_.count;
}

uint32_t Poller::Look(int fd, int64_t timeout_ns) {
  const int count = Wait(timeout_ns);
  uint32_t readiness = 0;
  int times = 0;
  for (int i = 0; i < count; i++) {
    if (event(i).fd != fd) continue;
    readiness = event(i).readiness;
    times++;
  }
  // Checked in every wait: a batch has one event per descriptor at most.
  EXPECT(times <= 1);
  return readiness;
}

uint32_t Poller::Poll(int fd) { return Look(fd, 0); }

uint32_t Poller::Await(int fd) { return Look(fd, 10 * kSecond); }

Listener::Listener(Backend* backend, int capacity)
    : events(static_cast<size_t>(capacity)), backend_(backend), buffer_(NewRecordBuffer(capacity)) {
  REQUIRE(buffer_ != nullptr);
}

Listener::~Listener() { DeleteRecordBuffer(buffer_); }

int Listener::Wait(int64_t deadline_ns) {
  return pollux::Wait(backend_, buffer_, deadline_ns, events.data(), &result).code;
}

}  // namespace check
