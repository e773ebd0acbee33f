import type { OpenOptions } from '@serialport/bindings-interface';

/** `'mark'` and `'space'`: a parity bit that is always 1, or always 0. */
export type Parity = 'none' | 'even' | 'odd' | 'mark' | 'space';

export interface LinuxOpenOptions extends OpenOptions {
  /** `'none'` by default. */
  parity?: Parity;
  /** The least number of bytes that make the port readable, 0 … 255: VMIN of termios(3). 1 by default. */
  vmin?: number;
  /** Tenths of a second, 0 … 255: VTIME of termios(3). With it, one byte makes the port readable. 0 by default. */
  vtime?: number;
}

/** Options that a Linux port can have. */
export interface CheckedOptions extends Required<LinuxOpenOptions> {
  stopBits: 1 | 2;
}

const PARITIES: readonly Parity[] = ['none', 'even', 'odd', 'mark', 'space'];
const MOST_BAUD = 2 ** 32 - 1;

const DEFAULTS: Omit<Required<LinuxOpenOptions>, 'path' | 'baudRate'> = {
  dataBits: 8,
  stopBits: 1,
  parity: 'none',
  lock: true,
  rtscts: false,
  xon: false,
  xoff: false,
  xany: false,
  hupcl: true,
  vmin: 1,
  vtime: 0,
};

const SWITCHES = ['lock', 'rtscts', 'xon', 'xoff', 'xany', 'hupcl'] as const;

/**
 * The options of `open()` with the defaults for those that are missing or undefined. Numbers may be given as text.
 *
 * @throws TypeError no object; no path; no baud rate from 1 to 2³²−1.
 * @throws RangeError another option that no Linux port can have.
 */
export function checkOpenOptions(options: unknown): CheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError('"options" is not an object');
  }
  const named = Object.entries(options).filter(([, value]) => value !== undefined);
  const all = { ...DEFAULTS, ...Object.fromEntries(named) } as Required<LinuxOpenOptions>;
  if (typeof all.path !== 'string' || all.path === '') throw new TypeError('"path" is not a valid port');
  return {
    ...all,
    ...Object.fromEntries(SWITCHES.map((name) => [name, Boolean(all[name])])),
    baudRate: checkBaudRate(all.baudRate),
    dataBits: oneOf([5, 6, 7, 8], Number(all.dataBits), 'data bits'),
    // termios(3) has one bit for it, CSTOPB: there is nothing between 1 and 2.
    stopBits: oneOf([1, 2], Number(all.stopBits), 'stop bits'),
    parity: oneOf(PARITIES, String(all.parity).toLowerCase(), 'parity'),
    vmin: byte(all.vmin, 'vmin'),
    vtime: byte(all.vtime, 'vtime'),
  };
}

/** 134.5 baud is 134 to the kernel, so the fraction is dropped. */
function checkBaudRate(value: unknown): number {
  const rate = Math.trunc(Number(value));
  if (!(rate >= 1 && rate <= MOST_BAUD)) throw new TypeError('"baudRate" is not a valid baudRate');
  return rate;
}

function oneOf<const Value>(values: readonly Value[], wanted: unknown, name: string): Value {
  const value = values.find((each) => each === wanted);
  if (value === undefined) throw new RangeError(`Invalid ${name} setting ${String(wanted)}`);
  return value;
}

function byte(value: unknown, name: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 255) {
    throw new RangeError(`Invalid ${name} setting ${String(value)}`);
  }
  return number;
}
