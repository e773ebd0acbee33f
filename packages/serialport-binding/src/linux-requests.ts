import * as sys from 'pollux/sys';

// asm-generic/ioctls.h, and the same numbers on POWER. pollux/sys moves lines one after the other, and has no word for
// the low latency of a driver.
const TIOCMGET = 0x5415;
const TIOCMSET = 0x5418;
const TIOCGSERIAL = 0x541e;
const TIOCSSERIAL = 0x541f;

const TIOCM_DTR = 0x002;
const TIOCM_RTS = 0x004;

/** The lines of a port, as `setLines()` takes them. */
export function linesOf(fd: number): Int32Array {
  const lines = new Int32Array(1);
  sys.ioctl(fd, TIOCMGET, lines);
  return lines;
}

/**
 * Sets DTR and RTS at once: the reset circuits of many boards react to what lies between two moves. `lines` are those
 * that the port has.
 */
export function setLines(fd: number, lines: Int32Array, dtr: boolean, rts: boolean): void {
  const others = lines[0]! & ~(TIOCM_DTR | TIOCM_RTS);
  sys.ioctl(fd, TIOCMSET, Int32Array.of(others | (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0)));
}

/** struct serial_struct of linux/serial.h has 72 bytes, or 60 with 32-bit pointers; the flags are its fifth int. */
const SERIAL_STRUCT_INTS = 18;
const FLAGS = 4;
const ASYNC_LOW_LATENCY = 1 << 13;

/** Whether the driver passes bytes on without collecting them first. */
export function isLowLatency(fd: number): boolean {
  const serial = new Int32Array(SERIAL_STRUCT_INTS);
  sys.ioctl(fd, TIOCGSERIAL, serial);
  return (serial[FLAGS]! & ASYNC_LOW_LATENCY) !== 0;
}

export function setLowLatency(fd: number, on: boolean): void {
  const serial = new Int32Array(SERIAL_STRUCT_INTS);
  sys.ioctl(fd, TIOCGSERIAL, serial);
  const flags = serial[FLAGS]!;
  serial[FLAGS] = on ? flags | ASYNC_LOW_LATENCY : flags & ~ASYNC_LOW_LATENCY;
  if (serial[FLAGS] !== flags) sys.ioctl(fd, TIOCSSERIAL, serial);
}
