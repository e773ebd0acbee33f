import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LinuxBinding } from 'pollux-serialport-binding';
import { listPorts, type Roots } from 'pollux-serialport-binding/dist/list.js';
import * as assert from 'uvu/assert';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';

const test = suite('serialport binding: list');

const FIELDS = ['path', 'manufacturer', 'serialNumber', 'pnpId', 'locationId', 'vendorId', 'productId'];

/** A machine with devices of our own: folders in the form of /sys and /dev. */
class Machine {
  readonly roots: Roots;

  constructor(scope: Scope) {
    const folder = scope.directory();
    this.roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
    mkdirSync(join(this.roots.sys, 'class/tty'), { recursive: true });
    mkdirSync(this.roots.dev);
  }

  /** A folder of /sys/devices with files, and the bus that it is on. */
  device(path: string, attributes: Record<string, string> = {}, bus?: string): void {
    const folder = join(this.roots.sys, 'devices', path);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(attributes)) writeFileSync(join(folder, name), `${text}\n`);
    if (bus !== undefined) symlinkSync(join(this.roots.sys, 'bus', bus), join(folder, 'subsystem'));
  }

  /** A terminal that belongs to a device, or to none, and its node. */
  terminal(name: string, device?: string, hasNode = true): void {
    const folder = join(this.roots.sys, 'class/tty', name);
    mkdirSync(folder);
    if (device !== undefined) symlinkSync(join(this.roots.sys, 'devices', device), join(folder, 'device'));
    const node = join(this.roots.dev, name.replace('!', '/'));
    mkdirSync(dirname(node), { recursive: true });
    if (hasNode) writeFileSync(node, '');
  }

  /** A link of udev in /dev/serial/by-id. */
  link(id: string, name: string): void {
    const folder = join(this.roots.dev, 'serial/by-id');
    mkdirSync(folder, { recursive: true });
    symlinkSync(`../../${name}`, join(folder, id));
  }

  /** The ports, each without the fields that are undefined, and by its name. */
  async list(): Promise<Record<string, object>> {
    const ports = await listPorts(this.roots);
    for (const port of ports) assert.equal(Object.keys(port).sort(), [...FIELDS].sort());
    const plain = ports.map(({ path, ...fields }) => [
      path.slice(this.roots.dev.length + 1),
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    ]);
    return Object.fromEntries(plain) as Record<string, object>;
  }
}

test('serialport-binding:list.1 list() needs nothing but /sys, and what it does not know is undefined', async () => {
  for (const port of await LinuxBinding.list()) {
    assert.equal(Object.keys(port).sort(), [...FIELDS].sort());
    assert.match(port.path, /^\/dev\/./);
    for (const value of Object.values(port)) assert.ok(value === undefined || (value as string).length > 0);
  }
});

test(
  'serialport-binding:list.2 a USB port has the words that udev makes of its device',
  scoped(async (scope) => {
    const machine = new Machine(scope);
    machine.device('pci0/usb1/1-2', {
      idVendor: '2341',
      idProduct: '0043',
      manufacturer: 'Arduino (www.arduino.cc)',
      serial: '752303138333518011C1',
    });
    machine.device('pci0/usb1/1-2/1-2:1.0', {}, 'usb');
    machine.terminal('ttyACM0', 'pci0/usb1/1-2/1-2:1.0');
    machine.link('usb-Arduino__www.arduino.cc__0043_752303138333518011C1-if00', 'ttyACM0');
    machine.device('pci0/usb1/1-3', { idVendor: '1a86', idProduct: '7523' });
    machine.device('pci0/usb1/1-3/1-3:1.0/ttyUSB0', {}, 'usb-serial');
    machine.terminal('ttyUSB0', 'pci0/usb1/1-3/1-3:1.0/ttyUSB0');
    assert.equal(await machine.list(), {
      ttyACM0: {
        manufacturer: 'Arduino (www.arduino.cc)',
        serialNumber: '752303138333518011C1',
        pnpId: 'usb-Arduino__www.arduino.cc__0043_752303138333518011C1-if00',
        vendorId: '2341',
        productId: '0043',
      },
      ttyUSB0: { manufacturer: '1a86', vendorId: '1a86', productId: '7523' },
    });
  }),
);

for (const [serial, expected] of [
  ['FTDI 12  34', 'FTDI_12_34'],
  ['A/B&C#+-.:=@_9', 'A_B_C#+-.:=@_9'],
  ['with, a comma', undefined],
  ['\u00fcber', undefined],
  ['tab\there', undefined],
] as const) {
  test(
    `serialport-binding:list.3 the serial number ${JSON.stringify(serial)} is ${expected} as with udev`,
    scoped(async (scope) => {
      const machine = new Machine(scope);
      machine.device('usb1', { idVendor: '0403', idProduct: '6001', manufacturer: 'FTDI', serial });
      machine.terminal('ttyUSB3', 'usb1');
      const { ttyUSB3 } = (await machine.list()) as { ttyUSB3: { serialNumber?: string } };
      assert.is(ttyUSB3.serialNumber, expected);
    }),
  );
}

test(
  'serialport-binding:list.4 a port of a PCI card has the numbers of the card',
  scoped(async (scope) => {
    const machine = new Machine(scope);
    machine.device('pci0/0000:00:16.3', { vendor: '0x8086', device: '0x1e3d' }, 'pci');
    machine.device('pci0/0000:00:16.3/uart', { vendor: '0x1', device: '0x2' }, 'serial-base');
    machine.terminal('ttyS4', 'pci0/0000:00:16.3/uart');
    assert.equal(await machine.list(), { ttyS4: { vendorId: '8086', productId: '1e3d' } });
  }),
);

test(
  'serialport-binding:list.5 consoles, pseudoterminals and ports without a node are left out, and the order is natural',
  scoped(async (scope) => {
    const machine = new Machine(scope);
    machine.device('platform/soc');
    for (const name of ['ttyS10', 'ttyS2', 'rfcomm4', 'ttyWCH0', 'ttyXRUSB1', 'ttyAMA0', 'ttyO1', 'ttyMFD0'])
      machine.terminal(name);
    for (const name of ['ttyTHS1', 'ttymxc0', 'ttyXR!3']) machine.terminal(name, 'platform/soc');
    for (const name of ['tty', 'tty0', 'tty12', 'console', 'ptmx', 'ttyprintk', 'ttyTHS9']) machine.terminal(name);
    machine.terminal('hvc0', 'platform/soc');
    machine.terminal('ttyS3', 'platform/soc', false);
    assert.equal(Object.keys(await machine.list()), [
      'rfcomm4',
      'ttyAMA0',
      'ttyMFD0',
      'ttymxc0',
      'ttyO1',
      'ttyS2',
      'ttyS10',
      'ttyTHS1',
      'ttyWCH0',
      'ttyXR/3',
      'ttyXRUSB1',
    ]);
  }),
);

test(
  'serialport-binding:list.6 without /sys the list is refused with ENOENT',
  scoped(async (scope) => {
    const roots = { sys: join(scope.directory(), 'none'), dev: '/dev' };
    let code: string | undefined;
    await listPorts(roots).catch((error: NodeJS.ErrnoException) => (code = error.code));
    assert.is(code, 'ENOENT');
  }),
);
