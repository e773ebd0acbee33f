// shutdown(2) for code that is linked together with the simulator. It is hidden, so that it serves only the program or
// addon that it is linked into, and nothing else in the process.
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>

#include "kernel_calls.h"
#include "registry.h"
#include "shutdown_record.h"

// The registry's lock is held, so that no filter runs between the call and its record.
extern "C" __attribute__((visibility("hidden"))) int shutdown(int fd, int how) noexcept {
  simulator::Registry& registry = simulator::Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex());
  struct stat info = {};
  if (!simulator::Stat(fd, &info)) return static_cast<int>(syscall(SYS_shutdown, fd, how));
  for (const auto& kqueue : registry.All()) kqueue->NoticeActivity();
  const int result = static_cast<int>(syscall(SYS_shutdown, fd, how));
  const int error = errno;
  if (result == 0) simulator::RecordShutdown(fd, how);
  for (const auto& kqueue : registry.All()) kqueue->AfterShutdown(info.st_dev, info.st_ino);
  errno = error;
  return result;
}
