#include "control_messages.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace pollux {
namespace {

constexpr int64_t kNsPerSecond = 1000000000;

// A copy: data of a control message need not be aligned. False: the message is too short for a T.
template <typename T>
bool Load(const ControlMessage& message, T* value) {
  if (message.length < sizeof(T)) return false;
  memcpy(value, message.data, sizeof(T));
  return true;
}

bool Is(const ControlMessage& message, int level, int type) { return message.level == level && message.type == type; }

template <typename Visit>
void ForEachDescriptor(const void* memory, size_t length, Visit visit) {
  ControlReader reader(memory, length);
  for (ControlMessage message; reader.Next(&message);) {
    if (!HoldsDescriptors(message)) continue;
    for (size_t i = 0; i < DescriptorsIn(message); i++) {
      const int fd = DescriptorAt(message, i);
      if (fd >= 0) visit(fd);
    }
  }
}

PutResult Done(bool has_room) { return has_room ? PutResult::kDone : PutResult::kNoRoom; }

[[maybe_unused]] void SetAddress(PacketInfo* info, const void* address, size_t length) {
  memcpy(&info->address.storage, address, length);
  info->address.length = static_cast<socklen_t>(length);
}

[[maybe_unused]] in6_addr MappedIpv6(const SocketAddress& address) {
  in6_addr mapped = {};
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 internet;
    memcpy(&internet, &address.storage, sizeof internet);
    return internet.sin6_addr;
  }
  sockaddr_in internet;
  memcpy(&internet, &address.storage, sizeof internet);
  mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
  memcpy(&mapped.s6_addr[12], &internet.sin_addr, sizeof internet.sin_addr);
  return mapped;
}

[[maybe_unused]] int64_t Nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

}  // namespace

size_t ControlSpace(size_t length) { return CMSG_SPACE(length); }

bool ControlWriter::Put(int level, int type, const void* data, size_t length) {
  const size_t space = ControlSpace(length);
  if (space < length || space > size_ - length_) return false;
  unsigned char* place = memory_ + length_;
  memset(place, 0, space);
  cmsghdr header = {};
  header.cmsg_len = static_cast<decltype(header.cmsg_len)>(CMSG_LEN(length));
  header.cmsg_level = level;
  header.cmsg_type = type;
  memcpy(place, &header, sizeof header);
  if (length > 0) memcpy(place + CMSG_LEN(0), data, length);
  length_ += space;
  return true;
}

bool ControlReader::Next(ControlMessage* message) {
  const size_t head = CMSG_LEN(0);
  if (length_ - position_ < head) return false;
  const unsigned char* place = memory_ + position_;
  cmsghdr header;
  memcpy(&header, place, sizeof header);
  size_t whole = header.cmsg_len;
  if (whole < head) return false;
  // recvmsg(2) of some kernels leaves the length of a message that it has cut as it was.
  if (whole > length_ - position_) whole = length_ - position_;
  *message = {header.cmsg_level, header.cmsg_type, place + head, whole - head};
  const size_t step = ControlSpace(whole - head);
  position_ = step < length_ - position_ ? position_ + step : length_;
  return true;
}

// unix(7), since Linux 6.5: a descriptor of the sender's process. Headers that are older do not name it.
bool HoldsProcess([[maybe_unused]] const ControlMessage& message) {
#ifdef SCM_CREDENTIALS
  constexpr int kProcess = 4;
  return Is(message, SOL_SOCKET, kProcess);
#else
  return false;
#endif
}

bool HoldsDescriptors(const ControlMessage& message) {
  return Is(message, SOL_SOCKET, SCM_RIGHTS) || HoldsProcess(message);
}

int DescriptorAt(const ControlMessage& message, size_t index) {
  int fd = -1;
  memcpy(&fd, message.data + index * sizeof fd, sizeof fd);
  return fd;
}

void CloseDescriptors(const void* memory, size_t length) {
  ForEachDescriptor(memory, length, [](int fd) { close(fd); });
}

int CloseOnExecFlag() {
#ifdef MSG_CMSG_CLOEXEC
  return MSG_CMSG_CLOEXEC;
#else
  return 0;
#endif
}

void SetCloseOnExec(const void* memory, size_t length) {
  if (CloseOnExecFlag() != 0) return;
  ForEachDescriptor(memory, length, [](int fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); });
}

bool ReadCredentials([[maybe_unused]] const ControlMessage& message, [[maybe_unused]] Credentials* credentials) {
#ifdef SCM_CREDENTIALS
  ucred found;
  if (!Is(message, SOL_SOCKET, SCM_CREDENTIALS) || !Load(message, &found)) return false;
  *credentials = {found.pid, found.uid, found.gid};
  return true;
#else
  return false;
#endif
}

bool ReadPacketInfo([[maybe_unused]] const ControlMessage& message, [[maybe_unused]] PacketInfo* info) {
#ifdef IP_PKTINFO
  in_pktinfo ipv4;
  if (Is(message, IPPROTO_IP, IP_PKTINFO) && Load(message, &ipv4)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr = ipv4.ipi_addr;
    info->interface_index = static_cast<uint32_t>(ipv4.ipi_ifindex);
    SetAddress(info, &address, sizeof address);
    return true;
  }
#endif
#ifdef IPV6_PKTINFO
  in6_pktinfo ipv6;
  if (Is(message, IPPROTO_IPV6, IPV6_PKTINFO) && Load(message, &ipv6)) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = ipv6.ipi6_addr;
    info->interface_index = ipv6.ipi6_ifindex;
    SetAddress(info, &address, sizeof address);
    return true;
  }
#endif
  return false;
}

bool ReadTimestamp(const ControlMessage& message, int64_t* timestamp_ns) {
#ifdef SCM_TIMESTAMPNS
  timespec precise;
  if (Is(message, SOL_SOCKET, SCM_TIMESTAMPNS) && Load(message, &precise)) {
    *timestamp_ns = Nanoseconds(precise);
    return true;
  }
#endif
#ifdef SCM_TIMESTAMPING
  // timestamping.txt: by software, unused, by hardware; what was not asked for is 0.
  timespec stamps[3];
  if (Is(message, SOL_SOCKET, SCM_TIMESTAMPING) && Load(message, &stamps)) {
    const int64_t software_ns = Nanoseconds(stamps[0]);
    *timestamp_ns = software_ns != 0 ? software_ns : Nanoseconds(stamps[2]);
    return true;
  }
#endif
  timeval coarse;
  if (!Is(message, SOL_SOCKET, SCM_TIMESTAMP) || !Load(message, &coarse)) return false;
  *timestamp_ns = static_cast<int64_t>(coarse.tv_sec) * kNsPerSecond + static_cast<int64_t>(coarse.tv_usec) * 1000;
  return true;
}

PutResult PutDescriptors(ControlWriter& writer, const int* fds, size_t count) {
  return Done(writer.Put(SOL_SOCKET, SCM_RIGHTS, fds, count * sizeof(int)));
}

PutResult PutCredentials([[maybe_unused]] ControlWriter& writer, [[maybe_unused]] const Credentials& credentials) {
#ifdef SCM_CREDENTIALS
  ucred wanted = {};
  wanted.pid = credentials.pid;
  wanted.uid = credentials.uid;
  wanted.gid = credentials.gid;
  return Done(writer.Put(SOL_SOCKET, SCM_CREDENTIALS, &wanted, sizeof wanted));
#else
  return PutResult::kNotSupported;
#endif
}

PutResult PutPacketInfo([[maybe_unused]] ControlWriter& writer, int domain, [[maybe_unused]] const PacketInfo& info) {
#ifdef IPV6_PKTINFO
  if (domain == AF_INET6) {
    in6_pktinfo wanted = {};
    wanted.ipi6_ifindex = info.interface_index;
    if (info.address.storage.ss_family != AF_UNSPEC) wanted.ipi6_addr = MappedIpv6(info.address);
    return Done(writer.Put(IPPROTO_IPV6, IPV6_PKTINFO, &wanted, sizeof wanted));
  }
#endif
#ifdef IP_PKTINFO
  if (domain != AF_INET6) {
    sockaddr_in address = {};
    if (info.address.storage.ss_family == AF_INET) memcpy(&address, &info.address.storage, sizeof address);
    in_pktinfo wanted = {};
    wanted.ipi_ifindex = static_cast<decltype(wanted.ipi_ifindex)>(info.interface_index);
#ifdef SOL_IP
    // ip(7): the source is ipi_spec_dst. Kernels without SOL_IP differ in which of the two they read.
    wanted.ipi_spec_dst = address.sin_addr;
#endif
    wanted.ipi_addr = address.sin_addr;
    return Done(writer.Put(IPPROTO_IP, IP_PKTINFO, &wanted, sizeof wanted));
  }
#endif
  return PutResult::kNotSupported;
}

}  // namespace pollux
