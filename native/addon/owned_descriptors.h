// Descriptors that are closed when their environment ends: those that a listener, an owning stream or a pending connect
// had open when a worker was terminated.
//
// The number of a descriptor does not prove that the file is still ours: somebody may have closed it, and another
// thread may use the number for its own file. A socket is recognized by its inode, which no other socket has. Any other
// file is recognized by its registration in a poller. The kernel keeps the registration for that open file alone and
// ends it when the descriptor is closed, although nobody tells pollux.
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

  // Takes over `fd`, which is registered with `view`, until its registration ends or Disown() is called. `path` is the
  // file of a unix socket, which is removed when the socket is closed here, or nullptr. Out of memory: nothing is taken
  // over.
  void Own(const View& view, int fd, const char* path);
  // Takes over a new socket, until Disown().
  void OwnSocket(int fd) { Set(fd, {kNoView, 0, InodeOf(fd)}); }
  // To be called before the caller, or somebody else, closes `fd`.
  void Disown(int fd) {
    if (static_cast<uint32_t>(fd) < size_) entries_[fd] = {};
  }
  // Removes and closes what is still ours.
  void CloseAll(const Views& views);

 private:
  struct Entry {
    uint32_t view_serial = kNoView;  // with kNoView and no inode the descriptor is not owned
    uint32_t generation = 0;
    uint64_t socket_inode = 0;  // 0: no socket, or a kernel that gives sockets no inode
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
