// shutdown(2) for what is linked together with the simulator. Hidden, so that it serves the program or addon it is
// linked into and nothing else in the process.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>

#include "registry.h"
#include "shutdown_record.h"

// Under the lock, so that no filter runs between the call and its record.
extern "C" __attribute__((visibility("hidden"))) int shutdown(int fd, int how) noexcept {
  std::lock_guard<std::mutex> lock(simulator::Registry::Get().mutex());
  const long result = syscall(SYS_shutdown, fd, how);
  if (result == 0) simulator::RecordShutdown(fd, how);
  return static_cast<int>(result);
}
