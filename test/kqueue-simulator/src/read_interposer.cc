// read(2) for code that is linked together with the simulator. On BSD a filter runs when data arrives, so that a
// oneshot knote is active before the data is read; on NetBSD a read that returns 0 takes the end of a FIFO away.
// Hidden, as shutdown() is.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>

#include "end_record.h"
#include "registry.h"

using simulator::Registry;

extern "C" __attribute__((visibility("hidden"))) ssize_t read(int fd, void* buffer, size_t size) {
  Registry& registry = Registry::Get();
  {
    std::lock_guard<std::mutex> lock(registry.mutex());
    for (const auto& kqueue : registry.All()) kqueue->BeforeRead();
  }
  const ssize_t count = syscall(SYS_read, fd, buffer, size);
  if (count == 0 && size > 0 && simulator::CurrentPersonality().reading_takes_end_of_fifo) {
    std::lock_guard<std::mutex> lock(registry.mutex());
    for (const auto& kqueue : registry.All()) kqueue->NoticeActivity();
    simulator::TakeEnd(fd);
  }
  return count;
}
