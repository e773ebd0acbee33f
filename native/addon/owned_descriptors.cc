#include "owned_descriptors.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "../common/os_calls.h"
#include "views.h"

namespace pollux {

// The file that bind(2) has made for a unix socket, and its inode: another file may have the path by now.
struct OwnedDescriptors::SocketFile {
  int fd;
  dev_t device;
  ino_t inode;
  SocketFile* next;
  char path[];
};

OwnedDescriptors::~OwnedDescriptors() {
  while (files_ != nullptr) ForgetFile(files_->fd);
  free(entries_);
}

void OwnedDescriptors::Own(const View& view, int fd, const char* path) {
  const Registration now = view.registry().Get(fd);
  if (!now.registered() || !Set(fd, {view.serial(), now.generation, InodeOf(fd)})) return;
  struct stat status;
  if (path == nullptr || lstat(path, &status) < 0) return;
  const size_t length = strlen(path) + 1;
  auto* file = static_cast<SocketFile*>(malloc(sizeof(SocketFile) + length));
  if (file == nullptr) return;
  file->fd = fd;
  file->device = status.st_dev;
  file->inode = status.st_ino;
  file->next = files_;
  memcpy(file->path, path, length);
  files_ = file;
}

void OwnedDescriptors::CloseAll(const Views& views) {
  // Standard input, output and error stay open. The process goes on, and the next file that it opens would get their
  // number.
  for (uint32_t i = STDERR_FILENO + 1; i < size_; i++) {
    const int fd = static_cast<int>(i);
    if (!TakeBack(entries_[i], fd, views)) continue;
    RemoveFile(fd);
    CloseDescriptor(fd);
  }
}

// Ends the registration. False: the descriptor is not ours, or not any more.
bool OwnedDescriptors::TakeBack(const Entry& entry, int fd, const Views& views) {
  if (entry.socket_inode != 0 && InodeOf(fd) != entry.socket_inode) return false;
  const View* view = entry.view_serial == kNoView ? nullptr : views.FindSerial(entry.view_serial);
  const bool is_registered = view != nullptr && view->registry().IsCurrent(fd, entry.generation);
  // The kernel refuses if the number belongs to another file by now.
  const bool is_removed = is_registered && !Remove(view->backend(), fd);
  return is_removed || entry.socket_inode != 0;
}

uint64_t OwnedDescriptors::InodeOf(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

bool OwnedDescriptors::Set(int fd, const Entry& entry) {
  if (!Reserve(fd)) return false;
  entries_[fd] = entry;
  ForgetFile(fd);
  return true;
}

bool OwnedDescriptors::Reserve(int fd) {
  const auto number = static_cast<uint32_t>(fd);
  if (number < size_) return true;
  uint32_t size = size_ == 0 ? 64 : size_;
  while (size <= number) size *= 2;
  auto* entries = static_cast<Entry*>(realloc(entries_, size * sizeof(Entry)));
  if (entries == nullptr) return false;
  entries_ = entries;
  while (size_ < size) entries_[size_++] = {};
  return true;
}

void OwnedDescriptors::ForgetFile(int fd) {
  SocketFile** link = &files_;
  while (*link != nullptr && (*link)->fd != fd) link = &(*link)->next;
  SocketFile* file = *link;
  if (file == nullptr) return;
  *link = file->next;
  free(file);
}

void OwnedDescriptors::RemoveFile(int fd) const {
  const SocketFile* file = files_;
  while (file != nullptr && file->fd != fd) file = file->next;
  struct stat status;
  if (file == nullptr || lstat(file->path, &status) < 0) return;
  if (status.st_dev == file->device && status.st_ino == file->inode) unlink(file->path);
}

}  // namespace pollux
