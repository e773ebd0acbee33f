// Control messages of sendmsg(2) and recvmsg(2): made and taken apart. A kind that the headers of a system do not name
// counts as missing there. No memory is allocated here.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "socket_address.h"

namespace pollux {

// Who sent a message, or has connected.
struct Credentials {
  int32_t pid;  // −1: the kernel does not say
  uint32_t uid;
  uint32_t gid;
};

// Where a datagram arrived, or is to leave.
struct PacketInfo {
  uint32_t interface_index;
  SocketAddress address;  // AF_UNSPEC: none
};

struct ControlMessage {
  int level;
  int type;
  const unsigned char* data;
  size_t length;
};

// Appends control messages to memory that is aligned for a struct cmsghdr.
class ControlWriter {
 public:
  ControlWriter(void* memory, size_t size) : memory_(static_cast<unsigned char*>(memory)), size_(size) {}

  // False: there is no room, and nothing was appended.
  bool Put(int level, int type, const void* data, size_t length);
  size_t length() const { return length_; }

 private:
  unsigned char* memory_;
  size_t size_;
  size_t length_ = 0;
};

// Walks over what recvmsg(2) has written, whatever lengths the messages claim.
class ControlReader {
 public:
  ControlReader(const void* memory, size_t length)
      : memory_(static_cast<const unsigned char*>(memory)), length_(length) {}

  // False: there is no further message.
  bool Next(ControlMessage* message);

 private:
  const unsigned char* memory_;
  size_t length_;
  size_t position_ = 0;
};

// The size of a control message with `length` bytes of data.
size_t ControlSpace(size_t length);

// True of a message whose data are descriptors of this process, an int each.
bool HoldsDescriptors(const ControlMessage& message);
// True of a message whose descriptor stands for the sender's process (SCM_PIDFD).
bool HoldsProcess(const ControlMessage& message);
inline size_t DescriptorsIn(const ControlMessage& message) { return message.length / sizeof(int); }
int DescriptorAt(const ControlMessage& message, size_t index);
// Closes every descriptor in the control messages of a message that was received.
void CloseDescriptors(const void* memory, size_t length);
// Makes the descriptors of such messages close-on-exec, for kernels whose recvmsg(2) has no flag for that.
void SetCloseOnExec(const void* memory, size_t length);
// That flag of recvmsg(2), or 0.
int CloseOnExecFlag();

// Each of these returns whether `message` is of its kind, and writes what it says.
bool ReadCredentials(const ControlMessage& message, Credentials* credentials);
bool ReadPacketInfo(const ControlMessage& message, PacketInfo* info);
bool ReadTimestamp(const ControlMessage& message, int64_t* timestamp_ns);

enum class PutResult { kDone, kNoRoom, kNotSupported };

PutResult PutDescriptors(ControlWriter& writer, const int* fds, size_t count);
PutResult PutCredentials(ControlWriter& writer, const Credentials& credentials);
// `domain`: that of the socket. An ipv4 address is mapped where the socket is an ipv6 one.
PutResult PutPacketInfo(ControlWriter& writer, int domain, const PacketInfo& info);

}  // namespace pollux
