import { constants } from 'node:fs';
import type { BindingInterface } from '@serialport/bindings-interface';
import * as sys from 'pollux/sys';
import { attempt } from './errors.js';
import { LinuxPortBinding } from './linux-port-binding.js';
import { listPorts } from './list.js';
import { checkOpenOptions, type LinuxOpenOptions } from './open-options.js';
import { configure } from './settings.js';

export type LinuxBindingInterface = BindingInterface<LinuxPortBinding, LinuxOpenOptions>;

/** The bindings that `autoDetect()` may return. */
export type AutoDetectTypes = LinuxBindingInterface;

/** The binding of Linux: the option `binding` of `SerialPortStream`. */
export const LinuxBinding: LinuxBindingInterface = {
  /** The serial ports of this machine, out of /sys: udev is not asked. */
  async list() {
    checkSystem();
    return listPorts();
  },

  /**
   * Opens a port, locks it unless `lock` is false, and sets it up. What the port has received before, and not sent yet,
   * is dropped. The lock is that of flock(2): it excludes everybody who locks the port.
   *
   * @throws TypeError, RangeError an invalid option.
   * @throws Error with `code`: the port cannot be opened, is locked, is no terminal, or does not take the rate.
   */
  async open(options) {
    checkSystem();
    const openOptions = checkOpenOptions(options);
    const { path } = openOptions;
    const fd = attempt(
      () => sys.open(path, constants.O_RDWR),
      (text) => `Error: ${text}, cannot open ${path}`,
    );
    try {
      if (openOptions.lock) lock(fd);
      configure(fd, openOptions);
      sys.flushTerminal(fd, 'both');
      return new LinuxPortBinding(fd, openOptions);
    } catch (error) {
      sys.close(fd);
      throw error;
    }
  },
};

function lock(fd: number): void {
  const describe = (text: string): string => `Error ${text} Cannot lock port`;
  const result = attempt(() => sys.lock(fd), describe);
  if (result !== sys.WOULD_BLOCK) return;
  throw Object.assign(new Error(describe('Resource temporarily unavailable')), { code: 'EAGAIN', syscall: 'flock' });
}

/** The binding of this system: `serialport` asks for it by this name. */
export function autoDetect(): AutoDetectTypes {
  return LinuxBinding;
}

/** The requests to drivers, and the files of /sys, are those of Linux. */
function checkSystem(): void {
  const { platform } = process;
  if (platform === 'linux' || platform === 'android') return;
  throw Object.assign(new Error(`This binding is for Linux, and the system is ${platform}`), {
    code: 'ERR_NOT_SUPPORTED',
  });
}
