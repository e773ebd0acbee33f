// The descriptors that end with their environment: what a listener, an owning stream or a connect
// under way had open when a worker was terminated.
//
// A number is no proof that a file is still ours: somebody may have closed it, and another thread
// has it for a file of its own. A socket is known by its inode, which no other socket has. Of any
// other file a registration in a poller is owned, which the kernel keeps for that open file alone: it
// ends with the descriptor, and nobody has to say so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pollux {

class View;
class Views;

class OwnedDescriptors {
 public:
  OwnedDescriptors() = default;
  ~OwnedDescriptors();
  OwnedDescriptors(const OwnedDescriptors&) = delete;
  OwnedDescriptors& operator=(const OwnedDescriptors&) = delete;

  // Takes over `fd`, which is registered with `view`, for as long as it is, or until Disown(). `path`
  // is the file of a unix socket, to be removed with it, or nullptr. Out of memory: nothing is taken
  // over.
  void Own(const View& view, int fd, const char* path);
  // Takes over a new socket, until Disown().
  void OwnSocket(int fd) { Set(fd, {kNoView, 0, InodeOf(fd)}); }
  // To be called before `fd` is closed, and where somebody else is to close it.
  void Disown(int fd) {
    if (static_cast<uint32_t>(fd) < size_) entries_[fd] = {};
  }
  // Removes and closes what is still ours.
  void CloseAll(const Views& views);

 private:
  struct Entry {
    uint32_t view_serial = kNoView;  // with kNoView and no inode it is not owned
    uint32_t generation = 0;
    uint64_t socket_inode = 0;  // 0: no socket, or a kernel that gives sockets no numbers
  };
  static constexpr uint32_t kNoView = 0;

  struct SocketFile;

  static uint64_t InodeOf(int fd);
  static bool TakeBack(const Entry& entry, int fd, const Views& views);
  bool Set(int fd, const Entry& entry);
  bool Reserve(int fd);
  void ForgetFile(int fd);
  void RemoveFile(int fd) const;

  Entry* entries_ = nullptr;  // by descriptor
  uint32_t size_ = 0;
  SocketFile* files_ = nullptr;
};

}  // namespace pollux
