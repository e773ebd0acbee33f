// Serial lines beyond their settings: modem lines, break, queues, exclusive use. And the names of the settings.
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "../common/retry.h"
#include "../common/terminal_calls.h"

namespace pollux {
namespace {

SysError IoctlError(int result) { return result < 0 ? SysError{errno, "ioctl"} : SysError{}; }

struct Line {
  unsigned line;
  int bit;
};

// TIOCM_CAR and TIOCM_RNG are names that every kernel has.
constexpr Line kLines[] = {{kDtrLine, TIOCM_DTR}, {kRtsLine, TIOCM_RTS}, {kCtsLine, TIOCM_CTS},
                           {kDsrLine, TIOCM_DSR}, {kDcdLine, TIOCM_CAR}, {kRiLine, TIOCM_RNG}};

SysError ChangeLines(int fd, unsigned long request, unsigned lines) {
  int bits = 0;
  for (const Line& line : kLines) {
    if (lines & line.line) bits |= line.bit;
  }
  if (bits == 0) return {};
  return IoctlError(RetryOnSignal([&] { return ioctl(fd, request, &bits); }));
}

}  // namespace

const char* const kTerminalFieldNames[kTerminalFields] = {
    "baudRate", "dataBits", "stopBits", "parity",    "checkParity", "rtscts",  "xon", "xoff", "xany",
    "hupcl",    "local",    "receive",  "canonical", "echo",        "signals", "raw", "vmin", "vtime",
};

SysError GetModemLines(int fd, unsigned* lines) {
  int bits = 0;
  const SysError error = IoctlError(RetryOnSignal([&] { return ioctl(fd, TIOCMGET, &bits); }));
  if (error) return error;
  *lines = 0;
  for (const Line& line : kLines) {
    if (bits & line.bit) *lines |= line.line;
  }
  return {};
}

SysError SetModemLines(int fd, unsigned raised, unsigned lowered) {
  const SysError error = ChangeLines(fd, TIOCMBIS, raised);
  return error ? error : ChangeLines(fd, TIOCMBIC, lowered);
}

SysError SetBreak(int fd, bool on) {
  const unsigned long request = on ? TIOCSBRK : TIOCCBRK;
  return IoctlError(RetryOnSignal([&] { return ioctl(fd, request, 0); }));
}

SysError SetExclusive(int fd, bool on) {
  const unsigned long request = on ? TIOCEXCL : TIOCNXCL;
  return IoctlError(RetryOnSignal([&] { return ioctl(fd, request, 0); }));
}

SysError FlushTerminal(int fd, TerminalQueue queue) {
  constexpr int kQueues[] = {TCIFLUSH, TCOFLUSH, TCIOFLUSH};
  const int result = RetryOnSignal([&] { return tcflush(fd, kQueues[static_cast<int>(queue)]); });
  return result < 0 ? SysError{errno, "tcflush"} : SysError{};
}

SysError CountQueuedOutput(int fd, int* count) {
  int found = 0;
  const SysError error = IoctlError(RetryOnSignal([&] { return ioctl(fd, TIOCOUTQ, &found); }));
  if (!error) *count = found;
  return error;
}

SysError DrainTerminal(int fd) {
  int queued = 0;
  const SysError error = CountQueuedOutput(fd, &queued);
  if (error) return error;
  if (queued > 0) return {EAGAIN, "tcdrain"};
  const int result = RetryOnSignal([&] { return tcdrain(fd); });
  return result < 0 ? SysError{errno, "tcdrain"} : SysError{};
}

}  // namespace pollux
