import { readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Who made a device, and which one it is. */
export interface DeviceIdentity {
  readonly manufacturer?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

/**
 * What the nearest USB or PCI device at or above `device` says of itself. The words are those of udev's rules for
 * serial ports (60-serial.rules, usb_id), so that a program finds the port that it has remembered.
 */
export async function identify(device: string, sys: string): Promise<DeviceIdentity> {
  for (let folder = device; folder.startsWith(`${sys}/`); folder = dirname(folder)) {
    const vendorId = await attribute(folder, 'idVendor');
    if (vendorId !== undefined) return ofUsbDevice(folder, vendorId);
    if ((await subsystem(folder)) !== 'pci') continue;
    return { vendorId: await number(folder, 'vendor'), productId: await number(folder, 'device') };
  }
  return {};
}

async function ofUsbDevice(folder: string, vendorId: string): Promise<DeviceIdentity> {
  return {
    // usb_id has the number where a device has no text.
    manufacturer: (await attribute(folder, 'manufacturer')) ?? vendorId,
    serialNumber: serialNumberOf(await attribute(folder, 'serial')),
    vendorId,
    productId: await attribute(folder, 'idProduct'),
  };
}

/** usb_id takes no serial number with other characters than printable ASCII, or with a comma. */
function serialNumberOf(serial: string | undefined): string | undefined {
  if (serial === undefined || !/^[ -+\--~]+$/.test(serial)) return undefined;
  return serial.replace(/ +/g, '_').replace(/[^0-9A-Za-z#+.:=@_-]/g, '_');
}

/** The text of a file of /sys; undefined where it is missing or empty. */
async function attribute(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

async function number(folder: string, name: string): Promise<string | undefined> {
  return (await attribute(folder, name))?.replace(/^0x/, '');
}

async function subsystem(folder: string): Promise<string | undefined> {
  const target = await readlink(join(folder, 'subsystem')).catch(() => undefined);
  return target === undefined ? undefined : basename(target);
}
