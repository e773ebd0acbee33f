import { constants } from 'node:os';
import { sysBinding } from '../addon/binding.js';
import { KERNEL_LACKS_IT, type TerminalNumbers, type WOULD_BLOCK } from '../addon/exports.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, notSupported, systemError } from '../errors.js';
import type { TerminalSettings } from '../sys-types.js';

const PARITIES = ['none', 'even', 'odd', 'mark', 'space'] as const;
/** As `SettingsTime` of native/common/terminal_calls.h. */
const TIMES = ['now', 'drain', 'flush'] as const;

const NAMES: NamesOf<TerminalSettings> = {
  baudRate: true,
  dataBits: true,
  stopBits: true,
  parity: true,
  checkParity: true,
  rtscts: true,
  xon: true,
  xoff: true,
  xany: true,
  hupcl: true,
  local: true,
  receive: true,
  canonical: true,
  echo: true,
  signals: true,
  raw: true,
  vmin: true,
  vtime: true,
};

/** The settings that are integers, with the least and the most. */
const INTEGERS: Readonly<Partial<Record<keyof TerminalSettings, readonly [least: number, most: number]>>> = {
  baudRate: [0, 0xffffffff],
  dataBits: [5, 8],
  stopBits: [1, 2],
  vmin: [0, 255],
  vtime: [0, 255],
};

/** Options of `setTerminalSettings()`. */
export interface SetTerminalOptions {
  /**
   * `'now'` (the default), `'drain'`: after what was written has been sent, or `'flush'`: the same, and input that
   * nobody has read is dropped. The last two block the thread until the output is sent: `outputQueued()` tells
   * beforehand.
   */
  readonly when?: (typeof TIMES)[number] | undefined;
}
const OPTIONS: NamesOf<SetTerminalOptions> = { when: true };

/**
 * The settings of a terminal or serial line: termios(3). A pseudoterminal has one set of settings; on Linux, and not on
 * every kernel, they can be read and changed from its first side too.
 *
 * @throws SystemError `ENOTTY`: no terminal. `EIO`: the terminal has hung up. `EBADF`.
 */
export function terminalSettings(fd: number): Required<TerminalSettings> {
  checkFd(fd);
  const numbers = sysBinding().terminalSettings(fd);
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(NAMES) as Array<keyof TerminalSettings>) {
    const number = numbers[name]!;
    settings[name] = name === 'parity' ? PARITIES[number] : INTEGERS[name] === undefined ? number !== 0 : number;
  }
  return settings as unknown as Required<TerminalSettings>;
}

/**
 * Changes settings of a terminal or serial line; those that are not named, or undefined, stay as they are. `raw` is
 * applied first, the other words to what it makes. Any baud rate can be asked for.
 *
 * Either the terminal takes everything, or the call throws and the terminal has its former settings: tcsetattr(3)
 * succeeds when any change succeeds, so the settings are read back and compared. Of the baud rate 3 % may be missing: a
 * UART divides a clock, and `terminalSettings()` tells the rate that it makes.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: an unknown setting or word. RangeError
 *   `ERR_OUT_OF_RANGE`.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no setting of that kind, such as the parities `'mark'` and
 *   `'space'` outside Linux.
 * @throws SystemError `EINVAL`: the terminal does not take a setting; the message names it. `ENOTTY`: no terminal.
 *   `EIO`: it has hung up. `EBADF`.
 */
export function setTerminalSettings(fd: number, settings: TerminalSettings, options: SetTerminalOptions = {}): void {
  checkFd(fd);
  const numbers = numbersOf(settings);
  checkOptions(options, OPTIONS);
  const { when = 'now' } = options;
  const refused = sysBinding().setTerminalSettings(fd, numbers, indexOf(TIMES, when, 'options.when'));
  if (refused === KERNEL_LACKS_IT) throw notSupported('This kernel lacks one of the settings: parity or rtscts');
  if (refused === '') return;
  const value = settings[refused as keyof TerminalSettings];
  throw systemError(-constants.errno.EINVAL, 'tcsetattr', fd, `the terminal does not take ${refused} ${String(value)}`);
}

/** The checked settings as the addon takes them. */
function numbersOf(settings: TerminalSettings): TerminalNumbers {
  checkOptions(settings, NAMES, 'settings');
  const numbers: Partial<Record<keyof TerminalSettings, number>> = {};
  for (const name of Object.keys(NAMES) as Array<keyof TerminalSettings>) {
    const value: unknown = settings[name];
    if (value === undefined) continue;
    const range = INTEGERS[name];
    if (name === 'parity') {
      numbers[name] = indexOf(PARITIES, value, 'settings.parity');
    } else if (range !== undefined) {
      checkInteger(value, `settings.${name}`, ...range);
      numbers[name] = value;
    } else {
      if (typeof value !== 'boolean') throw invalidType(`settings.${name}`, 'of type boolean', value);
      numbers[name] = value ? 1 : 0;
    }
  }
  return numbers;
}

/** Where `word` is in `words`; throws unless it is one of them. */
function indexOf(words: readonly string[], word: unknown, name: string): number {
  if (typeof word !== 'string') throw invalidType(name, 'of type string', word);
  const index = words.indexOf(word);
  if (index < 0) throw invalidValue(name, `must be one of ${words.join(', ')}`, word, words);
  return index;
}

/** The lines of a serial port beside the data: true where the line is raised. */
export interface ModemLines {
  /** Data terminal ready. This side moves the line. */
  readonly dtr: boolean;
  /** Request to send. This side moves the line; with `rtscts` the driver does. */
  readonly rts: boolean;
  /** Clear to send. */
  readonly cts: boolean;
  /** Data set ready. */
  readonly dsr: boolean;
  /** Data carrier detect. */
  readonly dcd: boolean;
  /** Ring indicator. */
  readonly ri: boolean;
}

/** The bits of the addon: native/common/terminal_calls.h has the same list. */
const LINES: Readonly<Record<keyof ModemLines, number>> = {
  dtr: 0x01,
  rts: 0x02,
  cts: 0x04,
  dsr: 0x08,
  dcd: 0x10,
  ri: 0x20,
};

/** The lines that `setModemLines()` moves. */
export type OwnModemLines = Partial<Pick<ModemLines, 'dtr' | 'rts'>>;
const OWN_LINES: NamesOf<OwnModemLines> = { dtr: true, rts: true };

/**
 * The modem lines of a serial port: TIOCMGET. No poller reports that one has moved.
 *
 * @throws SystemError `ENOTTY`, or `EINVAL` on some kernels: a descriptor without such lines, a pseudoterminal for one.
 *   `EIO`: it has hung up. `EBADF`.
 */
export function modemLines(fd: number): ModemLines {
  checkFd(fd);
  const bits = sysBinding().modemLines(fd);
  const lines: Record<string, boolean> = {};
  for (const [name, bit] of Object.entries(LINES)) lines[name] = (bits & bit) !== 0;
  return lines as unknown as ModemLines;
}

/**
 * Raises (true) and lowers (false) modem lines of a serial port; a line that is not named stays: TIOCMBIS, then
 * TIOCMBIC.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: another line, which the other side moves.
 * @throws SystemError as `modemLines()`; with no line named there is no system call.
 */
export function setModemLines(fd: number, lines: OwnModemLines): void {
  checkFd(fd);
  checkOptions(lines, OWN_LINES, 'lines');
  let raised = 0;
  let lowered = 0;
  for (const name of ['dtr', 'rts'] as const) {
    const on = lines[name];
    if (on === undefined) continue;
    if (typeof on !== 'boolean') throw invalidType(`lines.${name}`, 'of type boolean', on);
    if (on) raised |= LINES[name];
    else lowered |= LINES[name];
  }
  sysBinding().setModemLines(fd, raised, lowered);
}

/**
 * Begins or ends a break, the line held at 0: TIOCSBRK, TIOCCBRK. How long it lasts is up to the caller: a quarter of a
 * second is usual. What is written meanwhile is lost or comes late.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`.
 * @throws SystemError `ENOTTY`, or `EINVAL` on some kernels: a descriptor that has no break; a pseudoterminal of Linux
 *   accepts a break, which has no effect. `EIO`, `EBADF`.
 */
export function setBreak(fd: number, on: boolean): void {
  checkFd(fd);
  if (typeof on !== 'boolean') throw invalidType('on', 'of type boolean', on);
  sysBinding().setBreak(fd, on);
}

/**
 * Takes a terminal for exclusive use, or releases it: TIOCEXCL, TIOCNXCL. While a terminal is in exclusive use, opening
 * it fails with `EBUSY`, save for root. Exclusive use also ends when the last descriptor of the terminal is closed.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`.
 * @throws SystemError `ENOTTY`: no terminal. `EIO`, `EBADF`.
 */
export function setExclusive(fd: number, on: boolean): void {
  checkFd(fd);
  if (typeof on !== 'boolean') throw invalidType('on', 'of type boolean', on);
  sysBinding().setExclusive(fd, on);
}

/** As `TerminalQueue` of native/common/terminal_calls.h. */
const QUEUES = ['input', 'output', 'both'] as const;

/**
 * Drops what has arrived and was not read, what was written and is not sent yet, or both: tcflush(3).
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
 * @throws SystemError `ENOTTY`: no terminal. `EIO`, `EBADF`.
 */
export function flushTerminal(fd: number, queue: 'input' | 'output' | 'both'): void {
  checkFd(fd);
  sysBinding().flushTerminal(fd, indexOf(QUEUES, queue, 'queue'));
}

/**
 * How many of the bytes that were written are in the queue of the driver: TIOCOUTQ. A byte that the hardware has taken
 * is not counted. Of a pseudoterminal of Linux the number is 0: what was written there is at the other side.
 *
 * @throws SystemError `ENOTTY`: a descriptor that does not count. `EIO`, `EBADF`.
 */
export function outputQueued(fd: number): number {
  checkFd(fd);
  return sysBinding().outputQueued(fd);
}

/**
 * Makes sure that everything written has been sent: tcdrain(3), without its wait. 0, or `WOULD_BLOCK` while the driver
 * has output in its queue; no poller tells when it has none, so try again after as long as the bytes take. Then it
 * waits for the few bytes in the hardware, milliseconds at most rates.
 *
 * @throws SystemError `ENOTTY`: no terminal. `EIO`, `EBADF`.
 */
export function drainTerminal(fd: number): 0 | typeof WOULD_BLOCK {
  checkFd(fd);
  return sysBinding().drainTerminal(fd) as 0 | typeof WOULD_BLOCK;
}
