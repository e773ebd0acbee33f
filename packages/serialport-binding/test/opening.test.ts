import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { autoDetect, LinuxBinding, type LinuxOpenOptions } from 'pollux-serialport-binding';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { openDescriptors } from '../../../test/support/process.js';
import { scoped } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Device, rejection } from './device.js';

const test = suite('serialport binding: opening');

test('serialport-binding:open.1 autoDetect() returns the binding of Linux', () => {
  assert.is(autoDetect(), LinuxBinding);
});

test(
  'serialport-binding:open.2 options that are not given have the defaults of serialport',
  scoped(async (scope) => {
    const device = new Device(scope);
    const { path } = device;
    const { openOptions } = await device.open();
    assert.equal(openOptions, {
      path,
      baudRate: 9600,
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
    });
    const { raw, echo, canonical, local, receive } = device.settings;
    assert.equal(
      { raw, echo, canonical, local, receive },
      {
        raw: true,
        echo: false,
        canonical: false,
        local: true,
        receive: true,
      },
    );
  }),
);

test(
  'serialport-binding:open.3 an option that is undefined has its default, and numbers may be text',
  scoped(async (scope) => {
    const device = new Device(scope);
    const given = { dataBits: '8', vmin: undefined, lock: undefined, parity: 'NONE' } as object;
    const { openOptions } = await device.open(given);
    const { dataBits, vmin, lock, parity } = openOptions;
    assert.equal({ dataBits, vmin, lock, parity }, { dataBits: 8, vmin: 1, lock: true, parity: 'none' });
  }),
);

const SETTINGS: ReadonlyArray<[given: Partial<LinuxOpenOptions>, words: string]> = [
  [{ stopBits: 2 }, 'cstopb'],
  [{ rtscts: true }, 'crtscts'],
  [{ xon: true }, 'ixon'],
  [{ xoff: true }, 'ixoff'],
  [{ xany: true }, 'ixany'],
  [{ hupcl: false }, '-hupcl'],
  [{ vmin: 7 }, 'min = 7'],
  [{ vtime: 9 }, 'time = 9'],
  [{ baudRate: 115200 }, 'speed 115200 baud'],
  [{}, '-cstopb'],
  [{}, '-crtscts'],
  [{}, '-ixon'],
  [{}, '-ixoff'],
  [{}, '-ixany'],
  [{}, 'hupcl'],
  [{}, 'cs8'],
  [{}, '-parenb'],
];

for (const [given, words] of SETTINGS) {
  test(
    `serialport-binding:open.4 a port opened with ${JSON.stringify(given)} is ${words} to stty`,
    scoped(async (scope) => {
      const device = new Device(scope);
      // The opposite of each, to start with.
      const others = { stopBits: 2, rtscts: true, xon: true, xoff: true, xany: true, hupcl: false } as const;
      await (await device.open({ ...others, vmin: 3, vtime: 3 })).close();
      await device.open(given);
      const { stdout } = spawnSync('stty', ['-a', '-F', device.path], { encoding: 'utf8' });
      assert.match(` ${stdout.replaceAll(/[\s;]+/g, ' ')} `, ` ${words} `);
    }),
  );
}

for (const baudRate of [1, 300, 9600, 14400, 25000, 74880, 115200, 250000, 1000000, 4000000, 12345678]) {
  test(
    `serialport-binding:open.5 a port opens at ${baudRate} baud, and getBaudRate() says so`,
    scoped(async (scope) => {
      const port = await new Device(scope).open({ baudRate });
      assert.equal(await port.getBaudRate(), { baudRate });
    }),
  );
}

for (const given of [{ dataBits: 7 }, { dataBits: 5 }, { parity: 'even' }, { parity: 'odd', dataBits: 7 }] as const) {
  test(
    `serialport-binding:open.6 a pseudoterminal opens with ${JSON.stringify(given)}, keeps its frame and takes the rest`,
    scoped(async (scope) => {
      const device = new Device(scope);
      const port = await device.open({ ...given, baudRate: 31250, stopBits: 2, rtscts: true, vtime: 4 });
      assert.equal({ ...port.openOptions, ...given }, port.openOptions);
      const { raw, dataBits, parity, baudRate, stopBits, rtscts, vtime } = device.settings;
      assert.equal([raw, dataBits, parity, baudRate, stopBits, rtscts, vtime], [true, 8, 'none', 31250, 2, true, 4]);
    }),
  );
}

test(
  'serialport-binding:open.7 options that no port can have are refused, and leave no descriptor open',
  scoped(async (scope) => {
    const device = new Device(scope);
    const before = openDescriptors();
    const refused = async (options: unknown, type: new () => Error, message: string): Promise<void> => {
      const error = await rejection(LinuxBinding.open(options as LinuxOpenOptions));
      assert.equal([error.constructor.name, error.message], [type.name, message]);
    };
    for (const options of [undefined, null, 'COM1', []]) {
      await refused(options, TypeError, '"options" is not an object');
    }
    for (const path of [undefined, '', 5, null]) {
      await refused({ path, baudRate: 9600 }, TypeError, '"path" is not a valid port');
    }
    const { path } = device;
    for (const baudRate of [undefined, 0, NaN, -9600, 'fast', 2 ** 32, Infinity]) {
      await refused({ path, baudRate }, TypeError, '"baudRate" is not a valid baudRate');
    }
    const rows: Array<[given: object, message: string]> = [
      [{ dataBits: 9 }, 'Invalid data bits setting 9'],
      [{ dataBits: 4 }, 'Invalid data bits setting 4'],
      [{ stopBits: 1.5 }, 'Invalid stop bits setting 1.5'],
      [{ stopBits: 3 }, 'Invalid stop bits setting 3'],
      [{ parity: 'sometimes' }, 'Invalid parity setting sometimes'],
      [{ vmin: 256 }, 'Invalid vmin setting 256'],
      [{ vtime: -1 }, 'Invalid vtime setting -1'],
    ];
    for (const [given, message] of rows) await refused({ path, baudRate: 9600, ...given }, RangeError, message);
    assert.equal(openDescriptors(), before);
  }),
);

test(
  'serialport-binding:open.8 what cannot be opened is an error with the text of the system, its path and its code',
  scoped(async (scope) => {
    const file = join(scope.directory(), 'file');
    writeFileSync(file, 'text');
    const rows: Array<[path: string, message: string, code: string]> = [
      ['/dev/nope', 'Error: No such file or directory, cannot open /dev/nope', 'ENOENT'],
      ['COMBAD', 'Error: No such file or directory, cannot open COMBAD', 'ENOENT'],
      ['/', 'Error: Is a directory, cannot open /', 'EISDIR'],
      [`${file}/port`, `Error: Not a directory, cannot open ${file}/port`, 'ENOTDIR'],
      ['/dev/null', 'Error: Inappropriate ioctl for device setting custom baud rate of 9600', 'ENOTTY'],
      [file, 'Error: Inappropriate ioctl for device setting custom baud rate of 9600', 'ENOTTY'],
    ];
    const before = openDescriptors();
    for (const [path, message, code] of rows) {
      const error = await rejection(LinuxBinding.open({ path, baudRate: 9600 }));
      assert.equal([error.message, error.code], [message, code]);
    }
    assert.equal(openDescriptors(), before);
  }),
);

test(
  'serialport-binding:open.9 a locked port cannot be locked again until it is closed, and keeps its settings',
  scoped(async (scope) => {
    const device = new Device(scope);
    const port = await device.open({ baudRate: 4800 });
    const before = openDescriptors();
    const error = await rejection(device.open({ baudRate: 300, vmin: 9 }));
    assert.equal([error.message, error.code], ['Error Resource temporarily unavailable Cannot lock port', 'EAGAIN']);
    assert.equal([device.settings.baudRate, device.settings.vmin], [4800, 1]);
    assert.equal(openDescriptors(), before);
    await port.close();
    const again = await device.open();
    assert.is(again.isOpen, true);
  }),
);

test(
  'serialport-binding:open.10 without lock a port opens twice, and a lock of another program does not matter',
  scoped(async (scope) => {
    const device = new Device(scope);
    const fd = scope.own(sys.open(device.path, 'r+'));
    assert.is(sys.lock(fd), 0);
    await rejection(device.open());
    const ports = [await device.open({ lock: false }), await device.open({ lock: false })];
    assert.equal(
      ports.map(({ isOpen }) => isOpen),
      [true, true],
    );
    await Promise.all(ports.map((port) => port.close()));
  }),
);

test(
  'serialport-binding:open.11 what came before a port was opened is dropped',
  scoped(async (scope) => {
    const device = new Device(scope);
    await device.open({ lock: false });
    await device.sent('stale');
    const port = await device.open({ lock: false });
    assert.is(device.unread, 0);
    device.send('fresh');
    const buffer = Buffer.alloc(16);
    const { bytesRead } = await port.read(buffer, 0, 16);
    assert.is(buffer.toString('latin1', 0, bytesRead), 'fresh');
  }),
);
