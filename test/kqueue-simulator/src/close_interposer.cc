// close(2) for code that is linked together with the simulator. It closes the private descriptors of a kqueue as well,
// so that a test can count descriptors. Hidden, as shutdown() is. The simulator itself makes the system call.
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>

#include "registry.h"

extern "C" __attribute__((visibility("hidden"))) int close(int fd) {
  simulator::Registry& registry = simulator::Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex());
  const bool is_kqueue = registry.Find(fd) != nullptr;
  const long result = syscall(SYS_close, fd);
  if (is_kqueue) registry.Sweep();
  return static_cast<int>(result);
}
