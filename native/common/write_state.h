// What a thread remembers of its writes, so that none of them costs more than one system call.
#pragma once

#include <sys/uio.h>

#include <cstdint>

namespace pollux {

// Of the ways below, only kSend hands an empty message to a socket on every kernel: pwritev2(2) and
// writev(2) of no bytes return before they reach the file.
inline bool IsEmpty(const iovec* parts, int count) {
  for (int i = 0; i < count; i++) {
    if (parts[i].iov_len != 0) return false;
  }
  return true;
}

// How a write avoids SIGPIPE: the first of these that `fd` takes.
enum class WriteWay : uint8_t {
  kSend,     // a socket: by a flag of send(2)
  kFlagged,  // another file: by a flag of the kernel's own, where it has one
  kGuarded,  // any file: the signal is kept from this thread during the call
};

class WriteState {
 public:
  // True where no other thread changes what the process does about SIGPIPE while this one writes.
  bool is_alone = true;

  // The way that last worked for this number. The number may belong to another file by now: a way that does not fit
  // fails with an error that says so, and a slow one is forgotten from time to time.
  WriteWay WayOf(int fd) {
    WriteWay& way = SlotOf(fd);
    if (way != WriteWay::kSend && ++others_ % kWritesToTrust == 0) way = WriteWay::kSend;
    return way;
  }

  void Learn(int fd, WriteWay way) { SlotOf(fd) = way; }

 private:
  static constexpr uint32_t kSlots = 1024;
  static constexpr uint32_t kWritesToTrust = 64;

  WriteWay& SlotOf(int fd) { return ways_[static_cast<uint32_t>(fd) % kSlots]; }

  uint32_t others_ = 0;
  WriteWay ways_[kSlots] = {};
};

}  // namespace pollux
