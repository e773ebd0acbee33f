// The descriptors that end with their environment: what a listener, an owning stream or a connect
// under way had open when a worker was terminated.
//
// A number is no proof that a file is still ours: somebody may have closed it, and another thread
// has it for a file of its own. So what is owned is a registration of a poller, which the kernel
// keeps for the open file and no other; a descriptor that is closed, or whose registration has ended,
// is owned no more, and nobody has to say so.
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

  // Takes over `fd` with the registration that `view` has of it; without one, nothing. `path` is the
  // file of a unix socket, to be removed with it, or nullptr. Out of memory: it is not taken over.
  void Own(const View& view, int fd, const char* path);
  // Removes and closes what is still ours.
  void CloseAll(const Views& views);

 private:
  struct Entry {
    uint32_t view_serial = 0;  // 0: not owned
    uint32_t generation = 0;
  };
  struct SocketFile;

  bool Reserve(int fd);
  void ForgetFile(int fd);
  void RemoveFile(int fd) const;

  Entry* entries_ = nullptr;  // by descriptor
  uint32_t size_ = 0;
  SocketFile* files_ = nullptr;
};

}  // namespace pollux
