#include "end_record.h"

#include <sys/stat.h>

#include <set>
#include <utility>

#include "kernel_calls.h"

namespace simulator {
namespace {

using File = std::pair<dev_t, ino_t>;

std::set<File>& Taken() {
  static std::set<File>* taken = new std::set<File>;
  return *taken;
}

bool FindFifo(int fd, File* file) {
  struct stat info = {};
  if (!Stat(fd, &info) || !S_ISFIFO(info.st_mode)) return false;
  *file = {info.st_dev, info.st_ino};
  return true;
}

}  // namespace

void TakeEnd(int fd) {
  File file;
  if (FindFifo(fd, &file)) Taken().insert(file);
}

bool IsEndTaken(int fd) {
  File file;
  return FindFifo(fd, &file) && Taken().count(file) != 0;
}

void ForgetEnd(int fd) {
  File file;
  if (FindFifo(fd, &file)) Taken().erase(file);
}

}  // namespace simulator
