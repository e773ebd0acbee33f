// fcntl(2) for code that is linked together with the simulator: on kernels whose pipes carry data both ways, F_GETFL
// says O_RDWR for both ends. Hidden, as shutdown() is.
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "filters.h"
#include "personality.h"

extern "C" __attribute__((visibility("hidden"))) int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = static_cast<int>(syscall(SYS_fcntl, fd, command, argument));
  if (command != F_GETFL || result < 0 || !simulator::IsAnonymousPipe(fd)) return result;
  return simulator::CurrentPersonality().pipes_are_duplex ? (result & ~O_ACCMODE) | O_RDWR : result;
}
