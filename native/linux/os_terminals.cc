// The settings of terminals on Linux: the kernel's own struct, because termios(3) has no rate but those of its list.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <sys/ioctl.h>

#include "../common/retry.h"
#include "../posix/terminal_flags.h"

namespace pollux {
namespace {

// ioctl_tty(2): every architecture has TCGETS2 but powerpc, whose TCGETS has the rates already.
#ifdef TCGETS2
using KernelTermios = struct termios2;
constexpr unsigned long kGet = TCGETS2;
constexpr unsigned long kSet[] = {TCSETS2, TCSETSW2, TCSETSF2};
#else
using KernelTermios = struct termios;
constexpr unsigned long kGet = TCGETS;
constexpr unsigned long kSet[] = {TCSETS, TCSETSW, TCSETSF};
#endif

struct StandardRate {
  int64_t rate;
  unsigned code;
};

constexpr StandardRate kStandardRates[] = {
    {0, B0},
    {50, B50},
    {75, B75},
    {110, B110},
    {134, B134},
    {150, B150},
    {200, B200},
    {300, B300},
    {600, B600},
    {1200, B1200},
    {1800, B1800},
    {2400, B2400},
    {4800, B4800},
    {9600, B9600},
    {19200, B19200},
    {38400, B38400},
    {57600, B57600},
    {115200, B115200},
    {230400, B230400},
    {460800, B460800},
    {500000, B500000},
    {576000, B576000},
    {921600, B921600},
    {1000000, B1000000},
    {1152000, B1152000},
    {1500000, B1500000},
    {2000000, B2000000},
    {2500000, B2500000},
    {3000000, B3000000},
    {3500000, B3500000},
    {4000000, B4000000},
};

// stty(1) and termios(3) recognize a rate only by its code, so that a rate with a code is set by the code.
unsigned CodeOf(int64_t rate) {
  for (const StandardRate& standard : kStandardRates) {
    if (standard.rate == rate) return standard.code;
  }
  return BOTHER;
}

void ApplyRate(KernelTermios* termios, int64_t rate) {
  if (rate == kNotNamed) return;
  // An input rate of B0 in the bits of CIBAUD means that of the output.
  SetFlag(&termios->c_cflag, static_cast<unsigned long>(CBAUD) | (static_cast<unsigned long>(CBAUD) << IBSHIFT), 0);
  SetFlag(&termios->c_cflag, CodeOf(rate), 1);
  termios->c_ispeed = termios->c_ospeed = static_cast<speed_t>(rate);
}

SysError Get(int fd, KernelTermios* termios) {
  const int result = RetryOnSignal([&] { return ioctl(fd, kGet, termios); });
  return result < 0 ? SysError{errno, "ioctl"} : SysError{};
}

SysError Set(int fd, const KernelTermios& termios, SettingsTime time) {
  const int result = RetryOnSignal([&] { return ioctl(fd, kSet[static_cast<int>(time)], &termios); });
  return result < 0 ? SysError{errno, "ioctl"} : SysError{};
}

}  // namespace

SysError GetTerminalSettings(int fd, TerminalSettings* settings) {
  KernelTermios termios = {};
  const SysError error = Get(fd, &termios);
  if (!error) ReadFields(termios, termios.c_ospeed, settings);
  return error;
}

SysError SetTerminalSettings(int fd, const TerminalSettings& settings, SettingsTime time, int* refused) {
  KernelTermios former = {};
  const SysError unknown = Get(fd, &former);
  if (unknown) return unknown;
  KernelTermios wanted = former;
  if (!ApplyFields(&wanted, settings.of)) return {ENOTSUP, "ioctl"};
  ApplyRate(&wanted, settings.of[kBaudRate]);
  SysError error = Set(fd, wanted, time);
  if (error) return error;
  TerminalSettings found;
  error = GetTerminalSettings(fd, &found);
  *refused = error ? kTerminalFields : FindRefused(settings, found);
  if (error || *refused != kTerminalFields) Set(fd, former, SettingsTime::kNow);
  return error;
}

}  // namespace pollux
