// The settings of terminals on the BSDs and macOS: termios(4), whose rates are plain numbers.
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "../common/retry.h"
#include "../posix/terminal_flags.h"
#include "os_facts.h"

namespace pollux {
namespace {

constexpr int kTimes[] = {TCSANOW, TCSADRAIN, TCSAFLUSH};

SysError Get(int fd, struct termios* termios) {
  const int result = RetryOnSignal([&] { return tcgetattr(fd, termios); });
  return result < 0 ? SysError{errno, "tcgetattr"} : SysError{};
}

SysError Set(int fd, const struct termios& termios, SettingsTime time) {
  const int result = RetryOnSignal([&] { return tcsetattr(fd, kTimes[static_cast<int>(time)], &termios); });
  return result < 0 ? SysError{errno, "tcsetattr"} : SysError{};
}

// Returns: 0, or −1 and errno.
int ApplyRate(struct termios* termios, int64_t rate) {
  if (rate == kNotNamed) return 0;
  return cfsetispeed(termios, static_cast<speed_t>(rate)) < 0 || cfsetospeed(termios, static_cast<speed_t>(rate)) < 0
             ? -1
             : 0;
}

// Returns: false, with errno, where the driver does not take the rate or there is no such call.
bool SetDriverRate(int fd, int64_t rate) {
  if (kDriverRateRequest == 0) return false;
  speed_t speed = static_cast<speed_t>(rate);
  return RetryOnSignal([&] { return ioctl(fd, kDriverRateRequest, &speed); }) == 0;
}

}  // namespace

SysError GetTerminalSettings(int fd, TerminalSettings* settings) {
  struct termios termios = {};
  const SysError error = Get(fd, &termios);
  if (!error) ReadFields(termios, static_cast<int64_t>(cfgetospeed(&termios)), settings);
  return error;
}

SysError SetTerminalSettings(int fd, const TerminalSettings& settings, SettingsTime time, int* refused) {
  struct termios former = {};
  const SysError unknown = Get(fd, &former);
  if (unknown) return unknown;
  struct termios wanted = former;
  if (!ApplyFields(&wanted, settings.of)) return {ENOTSUP, "tcsetattr"};
  const int64_t rate = settings.of[kBaudRate];
  TerminalSettings rest = settings;
  SysError error = ApplyRate(&wanted, rate) < 0 ? SysError{errno, "cfsetospeed"} : Set(fd, wanted, time);
  if (error.code == EINVAL && rate != kNotNamed && SetDriverRate(fd, rate)) {
    // The driver has taken the rate, although tcgetattr(3) may not show it. The other settings are set with the former
    // rate.
    cfsetispeed(&wanted, cfgetispeed(&former));
    cfsetospeed(&wanted, cfgetospeed(&former));
    rest.of[kBaudRate] = kNotNamed;
    error = Set(fd, wanted, time);
    if (!error && !SetDriverRate(fd, rate)) error = {errno, "ioctl"};
  }
  if (error) return error;
  TerminalSettings found;
  error = GetTerminalSettings(fd, &found);
  *refused = error ? kTerminalFields : FindRefused(rest, found);
  if (error || *refused != kTerminalFields) Set(fd, former, SettingsTime::kNow);
  return error;
}

}  // namespace pollux
