// The contract between pollux/sys and an operating system for terminals and serial lines, as os_calls.h is for the
// rest.
//
// native/posix/terminal_lines.cc defines what Linux and the BSDs do alike, native/linux/os_terminals.cc and
// native/bsd/os_terminals.cc what they do differently. All functions may be called from any thread, and repeat their
// system call after EINTR.
#pragma once

#include <cstdint>

#include "sys_error.h"

namespace pollux {

// The settings of a terminal that pollux/sys has a name for.
enum TerminalField {
  kBaudRate,     // of both directions; 0: hang up
  kDataBits,     // 5 … 8
  kStopBits,     // 1, 2
  kParity,       // a Parity
  kCheckParity,  // from here on 0 or 1
  kRtscts,
  kXon,
  kXoff,
  kXany,
  kHupcl,
  kLocal,
  kReceive,
  kCanonical,
  kEcho,
  kSignals,
  kRaw,
  kVmin,  // 0 … 255, as kVtime
  kVtime,
  kTerminalFields,
};

enum Parity { kNoParity, kEvenParity, kOddParity, kMarkParity, kSpaceParity };

// The fields by name, and the value of each.
extern const char* const kTerminalFieldNames[kTerminalFields];
constexpr int64_t kNotNamed = -1;

struct TerminalSettings {
  int64_t of[kTerminalFields];
};

// When new settings take effect: TCSANOW, TCSADRAIN, TCSAFLUSH.
enum class SettingsTime { kNow, kDrain, kFlush };

enum class TerminalQueue { kInput, kOutput, kBoth };

// The lines of a serial port, as bits.
constexpr unsigned kDtrLine = 0x01;
constexpr unsigned kRtsLine = 0x02;
constexpr unsigned kCtsLine = 0x04;
constexpr unsigned kDsrLine = 0x08;
constexpr unsigned kDcdLine = 0x10;
constexpr unsigned kRiLine = 0x20;

// Each kernel defines these functions in os_terminals.cc.

SysError GetTerminalSettings(int fd, TerminalSettings* settings);

// Does: changes what `settings` names, kRaw first. Guarantees: where the terminal does not take all of it, it has the
// former settings back. Returns: ENOTSUP where this kernel has no setting of that kind; in `*refused` the field that
// the terminal did not take, or kTerminalFields.
SysError SetTerminalSettings(int fd, const TerminalSettings& settings, SettingsTime time, int* refused);

// native/posix/terminal_lines.cc defines the functions from here on, for every kernel.

SysError GetModemLines(int fd, unsigned* lines);
// Does: raises and lowers lines, kDtrLine and kRtsLine alone.
SysError SetModemLines(int fd, unsigned raised, unsigned lowered);
SysError SetBreak(int fd, bool on);
SysError SetExclusive(int fd, bool on);
SysError FlushTerminal(int fd, TerminalQueue queue);
// Does: tells how many bytes of output the driver has not sent yet.
SysError CountQueuedOutput(int fd, int* count);
// Does: waits until the hardware has sent what the driver gave it. Returns: EAGAIN while the driver still has output.
SysError DrainTerminal(int fd);

}  // namespace pollux
