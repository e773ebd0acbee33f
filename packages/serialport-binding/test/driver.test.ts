import { driverProblem, fillQueue, MOST_BAUD, takeHistory } from './driver.js';
import type { LinuxPortBinding } from 'pollux-serialport-binding';
import * as assert from 'uvu/assert';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Device, rejection } from './device.js';

const test = suite('serialport binding: what only a driver has').unless(driverProblem || undefined);

/** A port, and its descriptor. */
async function openPort(scope: Scope): Promise<{ port: LinuxPortBinding; fd: number }> {
  const port = await new Device(scope).open();
  takeHistory(port.fd!);
  return { port, fd: port.fd! };
}

test(
  'serialport-binding:driver.1 a rate that the driver does not make is refused, and the port keeps its settings',
  scoped(async (scope) => {
    const device = new Device(scope);
    const message = 'Error: Invalid argument || while setting custom baud rate of 3000000';
    const before = device.settings;
    const refused = await rejection(device.open({ baudRate: 3_000_000, stopBits: 2 }));
    assert.equal([refused.message, refused.code], [message, 'EINVAL']);
    assert.equal(device.settings, before);
    const port = await device.open({ baudRate: MOST_BAUD });
    assert.is((await rejection(port.update({ baudRate: 3_000_000 }))).message, message);
    assert.equal(await port.getBaudRate(), { baudRate: MOST_BAUD });
  }),
);

test(
  'serialport-binding:driver.2 a port opens without the flow control that its driver lacks, with all other settings',
  scoped(async (scope) => {
    const device = new Device(scope);
    await device.open({ rtscts: true, xon: true, stopBits: 2, baudRate: 57600 });
    const { rtscts, xon, stopBits, baudRate } = device.settings;
    assert.equal([rtscts, xon, stopBits, baudRate], [false, true, 2, 57600]);
  }),
);

const DTR = 0x002;
const RTS = 0x004;
/** Lines that the driver has raised, and that are not ours. */
const OTHERS = 0x2000 | 0x020 | 0x040;

test(
  'serialport-binding:lines.1 get() tells the lines of the device',
  scoped(async (scope) => {
    const { port } = await openPort(scope);
    assert.equal(await port.get(), { cts: true, dsr: false, dcd: true, lowLatency: false });
  }),
);

for (const [dtr, rts] of [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const) {
  test(
    `serialport-binding:lines.2 set({ dtr: ${dtr}, rts: ${rts} }) moves both lines in one call, and leaves the others`,
    scoped(async (scope) => {
      const { port, fd } = await openPort(scope);
      await port.set({ brk: false, cts: true, dsr: true, dtr, rts });
      const lines = OTHERS | (dtr ? DTR : 0) | (rts ? RTS : 0);
      assert.equal(takeHistory(fd), ['TIOCCBRK 0', `TIOCMSET ${lines.toString(16)}`]);
    }),
  );
}

test(
  'serialport-binding:lines.3 set({}) lowers both lines and ends a break, brk begins one',
  scoped(async (scope) => {
    const { port, fd } = await openPort(scope);
    await port.set({ brk: true, dtr: true });
    assert.equal(takeHistory(fd), ['TIOCSBRK 0', `TIOCMSET ${(OTHERS | DTR).toString(16)}`]);
    await port.set({});
    assert.equal(takeHistory(fd), ['TIOCCBRK 0', `TIOCMSET ${OTHERS.toString(16)}`]);
  }),
);

test(
  'serialport-binding:lines.4 lowLatency is set and told, leaves the rest of the driver, and stays when it is not named',
  scoped(async (scope) => {
    const { port, fd } = await openPort(scope);
    const [skipTest, lowLatency] = [0x40, 0x2000];
    const changes = (): string[] => takeHistory(fd).filter((entry) => !/^TIOC(CBRK|MSET)/.test(entry));
    for (const [given, told, isOn] of [
      [{ lowLatency: true }, [`TIOCSSERIAL ${(skipTest | lowLatency).toString(16)}`], true],
      [{ lowLatency: true }, [], true],
      [{}, [], true],
      [{ lowLatency: false }, [`TIOCSSERIAL ${skipTest.toString(16)}`], false],
    ] as const) {
      await port.set(given);
      assert.equal(changes(), told);
      assert.is((await port.get()).lowLatency, isOn);
    }
  }),
);

test(
  'serialport-binding:output.1 drain() waits while the driver has output',
  scoped(async (scope) => {
    const { port, fd } = await openPort(scope);
    fillQueue(fd, 9);
    let isDrained = false;
    const draining = port.drain().then(() => (isDrained = true));
    await new Promise((done) => setImmediate(done));
    assert.is(isDrained, false);
    await draining;
  }),
);

test(
  'serialport-binding:output.2 close() ends a drain that waits, and waits for the output itself without blocking',
  scoped(async (scope) => {
    const device = new Device(scope);
    const port = await device.open();
    fillQueue(port.fd!, 19);
    const draining = rejection(port.drain());
    await new Promise((done) => setImmediate(done));
    let isClosed = false;
    const closing = port.close().then(() => (isClosed = true));
    assert.is((await draining).canceled, true);
    assert.equal([port.isOpen, isClosed], [false, false]);
    // The port is locked until its output is sent.
    assert.is((await rejection(device.open())).code, 'EAGAIN');
    await closing;
    await device.open();
  }),
);
