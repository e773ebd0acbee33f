// Regular files and directories: filt_vfsread() and filt_vfswrite() of FreeBSD (row "regular file READ/WRITE").
#include <unistd.h>

#include "filters.h"
#include "kernel_calls.h"
#include "kqueue.h"

namespace simulator {
namespace {

int Attach(Kqueue&, Knote& knote) {
  knote.compared = true;
  return 0;
}

bool ReadEvent(Kqueue&, Knote& knote, Hint) {
  struct stat info = {};
  if (!Stat(knote.source_fd, &info)) return false;
  const off_t offset = lseek(knote.source_fd, 0, SEEK_CUR);
  knote.event.data = knote.seen = info.st_size - offset;
  return knote.event.data != 0;
}

bool WriteEvent(Kqueue&, Knote& knote, Hint) {
  knote.event.data = knote.seen = 0;
  return true;
}

}  // namespace

const FilterOps kFileRead = {true, Attach, ReadEvent, nullptr, nullptr};
const FilterOps kFileWrite = {true, Attach, WriteEvent, nullptr, nullptr};

}  // namespace simulator
