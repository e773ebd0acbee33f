// The settings of a terminal in words, and the flags of its struct termios. To be included after the header that
// declares the struct and its flags: termios(3) and the kernel's own header differ on Linux, and exclude each other.
#pragma once

#include "../common/terminal_calls.h"

namespace pollux {

// CMSPAR, CRTSCTS: not every kernel has them.
#ifdef CMSPAR
constexpr unsigned long kStickyParity = CMSPAR;
#else
constexpr unsigned long kStickyParity = 0;
#endif
#ifdef CRTSCTS
constexpr unsigned long kHardwareFlow = CRTSCTS;
#else
constexpr unsigned long kHardwareFlow = 0;
#endif

// cfmakeraw(3): the flags that change or interpret bytes of a terminal.
constexpr unsigned long kCooksInput = BRKINT | ISTRIP | INLCR | IGNCR | ICRNL | PARMRK;
constexpr unsigned long kRawInputLacks = kCooksInput | IGNBRK | IXON;
constexpr unsigned long kCooksLines = ECHO | ECHONL | ICANON | ISIG | IEXTEN;

template <typename Flags>
void SetFlag(Flags* flags, unsigned long flag, int64_t on) {
  if (on == kNotNamed) return;
  const auto bits = static_cast<Flags>(flag);
  *flags = on != 0 ? *flags | bits : *flags & static_cast<Flags>(~bits);
}

template <typename Flags>
int64_t HasFlag(Flags flags, unsigned long flag) {
  return (flags & static_cast<Flags>(flag)) != 0 ? 1 : 0;
}

template <typename Termios>
void SetRaw(Termios* termios, int64_t raw) {
  if (raw == kNotNamed) return;
  if (raw != 0) {
    SetFlag(&termios->c_iflag, kRawInputLacks, 0);
    SetFlag(&termios->c_oflag, OPOST, 0);
    SetFlag(&termios->c_lflag, kCooksLines, 0);
    SetFlag(&termios->c_cflag, CSIZE | PARENB, 0);
    SetFlag(&termios->c_cflag, CS8, 1);
    termios->c_cc[VMIN] = 1;
    termios->c_cc[VTIME] = 0;
    return;
  }
  SetFlag(&termios->c_iflag, BRKINT | ICRNL | IXON, 1);
  SetFlag(&termios->c_oflag, OPOST, 1);
  SetFlag(&termios->c_lflag, ECHO | ICANON | ISIG | IEXTEN, 1);
}

template <typename Termios>
void SetDataBits(Termios* termios, int64_t bits) {
  if (bits == kNotNamed) return;
  const unsigned long size = bits == 5 ? CS5 : bits == 6 ? CS6 : bits == 7 ? CS7 : CS8;
  SetFlag(&termios->c_cflag, CSIZE, 0);
  SetFlag(&termios->c_cflag, size, 1);
}

template <typename Termios>
void SetParity(Termios* termios, int64_t parity) {
  if (parity == kNotNamed) return;
  SetFlag(&termios->c_cflag, PARENB, parity != kNoParity);
  SetFlag(&termios->c_cflag, PARODD, parity == kOddParity || parity == kMarkParity);
  SetFlag(&termios->c_cflag, kStickyParity, parity == kMarkParity || parity == kSpaceParity);
}

// Returns: false where this kernel has no setting of that kind. Speed is not a matter of flags, and left alone.
template <typename Termios>
bool ApplyFields(Termios* termios, const int64_t (&of)[kTerminalFields]) {
  if (kStickyParity == 0 && (of[kParity] == kMarkParity || of[kParity] == kSpaceParity)) return false;
  if (kHardwareFlow == 0 && of[kRtscts] == 1) return false;
  SetRaw(termios, of[kRaw]);
  SetDataBits(termios, of[kDataBits]);
  SetFlag(&termios->c_cflag, CSTOPB, of[kStopBits] == kNotNamed ? kNotNamed : of[kStopBits] == 2);
  SetParity(termios, of[kParity]);
  SetFlag(&termios->c_iflag, INPCK, of[kCheckParity]);
  SetFlag(&termios->c_cflag, kHardwareFlow, of[kRtscts]);
  SetFlag(&termios->c_iflag, IXON, of[kXon]);
  SetFlag(&termios->c_iflag, IXOFF, of[kXoff]);
  SetFlag(&termios->c_iflag, IXANY, of[kXany]);
  SetFlag(&termios->c_cflag, HUPCL, of[kHupcl]);
  SetFlag(&termios->c_cflag, CLOCAL, of[kLocal]);
  SetFlag(&termios->c_cflag, CREAD, of[kReceive]);
  SetFlag(&termios->c_lflag, ICANON, of[kCanonical]);
  SetFlag(&termios->c_lflag, ECHO, of[kEcho]);
  SetFlag(&termios->c_lflag, ISIG, of[kSignals]);
  if (of[kVmin] != kNotNamed) termios->c_cc[VMIN] = static_cast<unsigned char>(of[kVmin]);
  if (of[kVtime] != kNotNamed) termios->c_cc[VTIME] = static_cast<unsigned char>(of[kVtime]);
  return true;
}

template <typename Termios>
int64_t ParityOf(const Termios& termios) {
  if (!HasFlag(termios.c_cflag, PARENB)) return kNoParity;
  const bool is_odd = HasFlag(termios.c_cflag, PARODD);
  if (HasFlag(termios.c_cflag, kStickyParity)) return is_odd ? kMarkParity : kSpaceParity;
  return is_odd ? kOddParity : kEvenParity;
}

template <typename Termios>
void ReadFields(const Termios& termios, int64_t baud_rate, TerminalSettings* settings) {
  int64_t (&of)[kTerminalFields] = settings->of;
  const unsigned long size = termios.c_cflag & CSIZE;
  of[kBaudRate] = baud_rate;
  of[kDataBits] = size == CS5 ? 5 : size == CS6 ? 6 : size == CS7 ? 7 : 8;
  of[kStopBits] = HasFlag(termios.c_cflag, CSTOPB) ? 2 : 1;
  of[kParity] = ParityOf(termios);
  of[kCheckParity] = HasFlag(termios.c_iflag, INPCK);
  of[kRtscts] = HasFlag(termios.c_cflag, kHardwareFlow);
  of[kXon] = HasFlag(termios.c_iflag, IXON);
  of[kXoff] = HasFlag(termios.c_iflag, IXOFF);
  of[kXany] = HasFlag(termios.c_iflag, IXANY);
  of[kHupcl] = HasFlag(termios.c_cflag, HUPCL);
  of[kLocal] = HasFlag(termios.c_cflag, CLOCAL);
  of[kReceive] = HasFlag(termios.c_cflag, CREAD);
  of[kCanonical] = HasFlag(termios.c_lflag, ICANON);
  of[kEcho] = HasFlag(termios.c_lflag, ECHO);
  of[kSignals] = HasFlag(termios.c_lflag, ISIG);
  of[kRaw] = !HasFlag(termios.c_iflag, kCooksInput) && !HasFlag(termios.c_oflag, OPOST) &&
             !HasFlag(termios.c_lflag, kCooksLines);
  of[kVmin] = termios.c_cc[VMIN];
  of[kVtime] = termios.c_cc[VTIME];
}

// A UART divides a clock, and tells the rate that this gives: one that is within 3 % of what was asked for works.
inline bool IsRateTaken(int64_t wanted, int64_t got) {
  const int64_t difference = wanted > got ? wanted - got : got - wanted;
  return difference * 100 <= wanted * 3;
}

// Returns: the first field that differs from what was asked for, kTerminalFields where there is none. tcsetattr(3)
// succeeds when the terminal has taken any of the changes. kRaw follows from the other fields: it is compared only
// where it was the only field that was set.
inline int FindRefused(const TerminalSettings& wanted, const TerminalSettings& got) {
  for (int field = 0; field < kTerminalFields; field++) {
    const int64_t want = wanted.of[field];
    const bool is_overruled =
        field == kRaw && (want == 0 || wanted.of[kCanonical] == 1 || wanted.of[kEcho] == 1 || wanted.of[kSignals] == 1);
    if (want == kNotNamed || is_overruled) continue;
    const bool is_taken = field == kBaudRate ? IsRateTaken(want, got.of[field]) : want == got.of[field];
    if (!is_taken) return field;
  }
  return kTerminalFields;
}

}  // namespace pollux
