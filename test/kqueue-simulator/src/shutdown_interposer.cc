// shutdown(2) for what is linked together with the simulator. Hidden, so that it serves the program or addon it is
// linked into and nothing else in the process.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shutdown_record.h"

extern "C" __attribute__((visibility("hidden"))) int shutdown(int fd, int how) noexcept {
  // Before the call: a waiter may look at the socket as soon as it is made.
  const long result = syscall(SYS_shutdown, fd, how);
  if (result == 0) simulator::RecordShutdown(fd, how);
  return static_cast<int>(result);
}
