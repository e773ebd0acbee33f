import * as sys from 'pollux/sys';
import { attempt, isSystemError } from './errors.js';
import type { CheckedOptions } from './open-options.js';

/**
 * Makes a serial line of `fd`: bytes pass unchanged, with the frame, the flow control and the rate of `options`.
 *
 * A setting other than the rate that the driver does not take stays as the driver has it: a pseudoterminal has no
 * parity, and many adapters have no hardware flow control. `sys.terminalSettings(fd)` tells what the driver has.
 *
 * @throws Error the driver does not take the rate, or `fd` is no terminal. The former settings are back.
 */
export function configure(fd: number, options: CheckedOptions): void {
  const { baudRate, vmin, vtime } = options;
  const base: sys.TerminalSettings = { raw: true, checkParity: false, local: true, receive: true, vmin, vtime };
  const frame = frameOf(options);
  if (isTaken(fd, { ...base, ...frame, baudRate }, baudRate)) return;
  const former = sys.terminalSettings(fd);
  try {
    sys.setTerminalSettings(fd, base);
    setBaudRate(fd, baudRate);
    for (const [name, value] of Object.entries(frame)) isTaken(fd, { [name]: value }, baudRate);
  } catch (error) {
    sys.setTerminalSettings(fd, former);
    throw error;
  }
}

function frameOf(options: CheckedOptions): sys.TerminalSettings {
  const { dataBits, stopBits, parity, rtscts, xon, xoff, xany, hupcl } = options;
  return { dataBits, stopBits, parity, rtscts, xon, xoff, xany, hupcl };
}

/** Whether the driver takes `settings`, all of them. */
function isTaken(fd: number, settings: sys.TerminalSettings, baudRate: number): boolean {
  return attempt(
    () => {
      try {
        sys.setTerminalSettings(fd, settings);
        return true;
      } catch (error) {
        if (isSystemError(error) && error.code === 'EINVAL') return false;
        throw error;
      }
    },
    (text) => `Error: ${text} setting custom baud rate of ${baudRate}`,
  );
}

/**
 * Changes the rate of an open port to any number of baud.
 *
 * @throws Error the driver makes no rate within 3 % of it; the former rate stays.
 */
export function setBaudRate(fd: number, baudRate: number): void {
  attempt(
    () => sys.setTerminalSettings(fd, { baudRate }),
    (text) => `Error: ${text} || while setting custom baud rate of ${baudRate}`,
  );
}
