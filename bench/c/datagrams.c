// Datagrams over loopback by the bare system calls: a side that is measured, or the other end of one.
// A line in, a line of JSON out. Processor time of this process, in nanoseconds.
//
//   datagrams receive one|many|segments BYTES        prints {"port","bufferBytes"}
//   receive COUNT                                    {"datagrams","lost","cpuNs"}
//   datagrams send one|many|segments BYTES PORT      prints {"port"}
//   send COUNT                                       {"datagrams","cpuNs"}
//
// one: send and recvfrom; many: sendmmsg and recvmmsg; segments: UDP_SEGMENT and UDP_GRO.
// The first four bytes of each datagram are its number, by which the receiver sees what was lost.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

#define MOST_MESSAGES 64
// What one packet carries: its length has 16 bits, and the headers of IPv4 and UDP take 28 bytes.
#define MOST_BYTES 65507
#define ROOM_BYTES 65536
#define RECEIVE_BUFFER_BYTES (4 << 20)
// Longer than anything on loopback is under way.
#define LOST_AFTER_SECONDS 2

static char room[MOST_MESSAGES * ROOM_BYTES];
static struct mmsghdr messages[MOST_MESSAGES];
static struct iovec parts[MOST_MESSAGES];
static struct sockaddr_in names[MOST_MESSAGES];
// include/linux/udp.h: UDP_MAX_SEGMENTS is 128 since Linux 6.9, and was 64.
static size_t most_segments = 128;
static uint32_t next_number;
static int64_t lost;

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static int64_t cpu_ns(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0) fail("clock_gettime");
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void number_datagrams(size_t bytes, size_t count) {
  for (size_t i = 0; i < count; i++) memcpy(room + i * bytes, &(uint32_t){next_number + (uint32_t)i}, 4);
}

static size_t send_one(int fd, size_t bytes) {
  number_datagrams(bytes, 1);
  if (send(fd, room, bytes, 0) < 0) fail("send");
  return 1;
}

static size_t send_many(int fd, size_t bytes, size_t wanted) {
  const size_t count = least(wanted, MOST_MESSAGES);
  number_datagrams(bytes, count);
  for (size_t i = 0; i < count; i++) {
    parts[i] = (struct iovec){room + i * bytes, bytes};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  const int sent = sendmmsg(fd, messages, (unsigned)count, 0);
  if (sent < 0) fail("sendmmsg");
  return (size_t)sent;
}

static size_t send_segments(int fd, size_t bytes, size_t wanted) {
  const size_t count = least(wanted, least(most_segments, MOST_BYTES / bytes));
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  } control = {.header = {CMSG_LEN(sizeof(uint16_t)), SOL_UDP, UDP_SEGMENT}};
  memcpy(CMSG_DATA(&control.header), &(uint16_t){(uint16_t)bytes}, sizeof(uint16_t));
  number_datagrams(bytes, count);
  struct iovec part = {room, count * bytes};
  const struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (sendmsg(fd, &message, 0) >= 0) return count;
  if (errno != EINVAL || most_segments == 64) fail("sendmsg");
  most_segments = 64;
  return 0;
}

static void take(const char* bytes) {
  uint32_t number;
  memcpy(&number, bytes, sizeof number);
  lost += number - next_number;
  next_number = number + 1;
}

// The receivers return the number of datagrams, and 0 when none came in time.

static size_t receive_one(int fd) {
  socklen_t length = sizeof names[0];
  if (recvfrom(fd, room, ROOM_BYTES, 0, (struct sockaddr*)&names[0], &length) < 0) return 0;
  take(room);
  return 1;
}

static size_t receive_many(int fd) {
  for (size_t i = 0; i < MOST_MESSAGES; i++) {
    parts[i] = (struct iovec){room + i * ROOM_BYTES, ROOM_BYTES};
    messages[i].msg_hdr =
        (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  const int count = recvmmsg(fd, messages, MOST_MESSAGES, MSG_WAITFORONE, NULL);
  for (int i = 0; i < count; i++) take(room + i * ROOM_BYTES);
  return count < 0 ? 0 : (size_t)count;
}

static size_t receive_segments(int fd) {
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {room, ROOM_BYTES};
  struct msghdr message = {.msg_name = &names[0],
                           .msg_namelen = sizeof names[0],
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  const ssize_t length = recvmsg(fd, &message, 0);
  if (length <= 0) return 0;
  int bytes = (int)length;
  const struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_type == UDP_GRO) memcpy(&bytes, CMSG_DATA(header), sizeof bytes);
  size_t count = 0;
  for (ssize_t at = 0; at < length; at += bytes, count++) take(room + at);
  return count;
}

static int open_receiver(char how) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  int bytes = RECEIVE_BUFFER_BYTES;
  const struct timeval patience = {.tv_sec = LOST_AFTER_SECONDS};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (fd < 0) fail("socket");
  if (bind(fd, (struct sockaddr*)&address, sizeof address) < 0) fail("bind");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) < 0) fail("SO_RCVBUF");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) fail("SO_RCVTIMEO");
  if (how == 's' && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0) fail("UDP_GRO");
  if (getsockname(fd, (struct sockaddr*)&address, &length) < 0) fail("getsockname");
  length = sizeof bytes;
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) < 0) fail("SO_RCVBUF");
  printf("{\"port\":%d,\"bufferBytes\":%d}\n", ntohs(address.sin_port), bytes);
  return fd;
}

static int open_sender(int port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0) fail("socket");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) < 0) fail("connect");
  printf("{\"port\":%d}\n", port);
  return fd;
}

static void measure_receiving(int fd, char how, size_t wanted) {
  const int64_t start = cpu_ns();
  lost = 0;
  size_t done = 0;
  for (size_t count = 1; done < wanted && count > 0; done += count) {
    count = how == 'o' ? receive_one(fd) : how == 'm' ? receive_many(fd) : receive_segments(fd);
  }
  const int64_t spent = cpu_ns() - start;
  printf("{\"datagrams\":%zu,\"lost\":%lld,\"cpuNs\":%lld}\n", done, (long long)lost, (long long)spent);
}

static void measure_sending(int fd, char how, size_t bytes, size_t wanted) {
  const int64_t start = cpu_ns();
  for (size_t done = 0; done < wanted;) {
    const size_t rest = wanted - done;
    const size_t count = how == 'o'   ? send_one(fd, bytes)
                         : how == 'm' ? send_many(fd, bytes, rest)
                                      : send_segments(fd, bytes, rest);
    next_number += (uint32_t)count;
    done += count;
  }
  printf("{\"datagrams\":%zu,\"cpuNs\":%lld}\n", wanted, (long long)(cpu_ns() - start));
}

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const int is_sender = arguments[1][0] == 's';
  const char how = arguments[2][0];
  const size_t bytes = (size_t)atol(arguments[3]);
  if (bytes < sizeof next_number || bytes > ROOM_BYTES / 2 || (is_sender && count < 5)) return 2;
  const int fd = is_sender ? open_sender(atoi(arguments[4])) : open_receiver(how);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const char* space = strchr(line, ' ');
    if (space == NULL) return 2;
    if (is_sender)
      measure_sending(fd, how, bytes, (size_t)atol(space));
    else
      measure_receiving(fd, how, (size_t)atol(space));
    fflush(stdout);
  }
  return 0;
}
