import { access, readdir, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PortInfo } from '@serialport/bindings-interface';
import { identify } from './device-identity.js';

/** Where the kernel shows devices, and where their nodes are. */
export interface Roots {
  readonly sys: string;
  readonly dev: string;
}

const SERIAL_NAMES = /^(tty(S|ACM|AMA|MFD|O|USB|WCH|XRUSB)|rfcomm)/;
/** Drivers of other hardware: ttyTHS0, ttymxc0, ttyPS0. Virtual consoles have no letter after "tty". */
const TERMINAL_NAMES = /^tty[A-Za-z]/;

/**
 * The serial ports of this machine that have a node in /dev, in the order of their names. The fields are what udev and
 * `@serialport/bindings-cpp` make of the same devices.
 */
export async function listPorts(roots: Roots = { sys: '/sys', dev: '/dev' }): Promise<PortInfo[]> {
  const terminals = join(roots.sys, 'class/tty');
  const names = (await readdir(terminals)).sort(new Intl.Collator('en', { numeric: true }).compare);
  const ids = await idsByPath(join(roots.dev, 'serial/by-id'));
  const ports = names.map(async (name) => {
    const path = join(roots.dev, name.replaceAll('!', '/'));
    const device = await realpath(join(terminals, name, 'device')).catch(() => undefined);
    const isPort = SERIAL_NAMES.test(name) || (device !== undefined && TERMINAL_NAMES.test(name));
    if (!isPort || !(await exists(path))) return [];
    const identity = device === undefined ? {} : await identify(device, roots.sys);
    const { manufacturer, serialNumber, vendorId, productId } = identity;
    return [{ path, manufacturer, serialNumber, pnpId: ids.get(path), locationId: undefined, vendorId, productId }];
  });
  return (await Promise.all(ports)).flat();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The names that udev gives to ports after their devices, by the path of the port. */
async function idsByPath(folder: string): Promise<Map<string, string>> {
  const links = await readdir(folder).catch(() => []);
  const pairs = links.map(async (name) => {
    const target = await readlink(join(folder, name)).catch(() => undefined);
    return target === undefined ? [] : [[resolve(folder, target), name] as const];
  });
  return new Map((await Promise.all(pairs)).flat());
}
