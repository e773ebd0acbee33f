import { randomBytes } from 'node:crypto';
import type { LinuxPortBinding } from 'pollux-serialport-binding';
import * as assert from 'uvu/assert';
import { openDescriptors } from '../../../test/support/process.js';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Device, rejection } from './device.js';

const test = suite('serialport binding: an open port');

/** A device, and its port. */
async function openPort(scope: Scope): Promise<{ device: Device; port: LinuxPortBinding }> {
  const device = new Device(scope);
  return { device, port: await device.open() };
}

/** Reads until `length` bytes have come. */
async function readAll(port: LinuxPortBinding, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; ) at += (await port.read(buffer, at, length - at)).bytesRead;
  return buffer;
}

/** More than a pseudoterminal takes while nobody reads at its other side. */
const MUCH = Buffer.alloc(1 << 18, 'much');

test(
  'serialport-binding:port.1 read() resolves with what there is, at most as much as was asked for',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    await device.sent('READY');
    const buffer = Buffer.alloc(8);
    const first = await port.read(buffer, 0, 1);
    assert.equal([first.bytesRead, first.buffer === buffer, String(buffer)], [1, true, 'R\0\0\0\0\0\0\0']);
    const second = await port.read(buffer, 2, 6);
    assert.equal([second.bytesRead, String(buffer)], [4, 'R\0EADY\0\0']);
  }),
);

test(
  'serialport-binding:port.2 read() waits for the first byte',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const buffer = Buffer.alloc(8);
    const reading = port.read(buffer, 0, 8);
    let isRead = false;
    void reading.then(() => (isRead = true));
    await new Promise((done) => setImmediate(done));
    assert.is(isRead, false);
    device.send('x');
    assert.is((await reading).bytesRead, 1);
  }),
);

test(
  'serialport-binding:port.3 with vmin 0 read() waits for a byte nevertheless, and bytes are whole with any vmin',
  scoped(async (scope) => {
    const device = new Device(scope);
    for (const vmin of [0, 4]) {
      const port = await device.open({ vmin });
      const reading = readAll(port, 8);
      for (const part of ['abcd', 'efgh']) {
        await new Promise((done) => setImmediate(done));
        device.send(part);
      }
      assert.is(String(await reading), 'abcdefgh');
      await port.close();
    }
  }),
);

test(
  'serialport-binding:port.4 reads that wait together get their bytes in the order of the calls',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const buffers = [Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2)];
    const reads = buffers.map((buffer) => port.read(buffer, 0, 2));
    device.send('abcdef');
    await Promise.all(reads);
    assert.is(String(Buffer.concat(buffers)), 'abcdef');
  }),
);

test(
  'serialport-binding:port.5 every byte passes unchanged, in both directions',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    device.send(bytes);
    assert.equal(await readAll(port, 256), bytes);
    await port.write(bytes);
    assert.equal(await device.receive(256), bytes);
  }),
);

test(
  'serialport-binding:port.6 a megabyte arrives whole at both sides at once',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const [there, back] = [randomBytes(1 << 20), randomBytes(1 << 20)];
    const [arrived, read] = [device.receive(there.length), readAll(port, back.length)];
    device.send(back);
    await port.write(there);
    assert.ok((await arrived).equals(there));
    assert.ok((await read).equals(back));
  }),
);

test(
  'serialport-binding:port.7 writes that overlap arrive one after the other',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const parts = ['a', 'b', 'c'].map((letter) => Buffer.alloc(20_000, letter));
    const writes = parts.map((part) => port.write(part));
    assert.ok((await device.receive(60_000)).equals(Buffer.concat(parts)));
    await Promise.all(writes);
  }),
);

test(
  'serialport-binding:port.8 write() resolves for no bytes, and waits while the device takes none',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    await port.write(Buffer.alloc(0));
    let isWritten = false;
    const writing = port.write(MUCH).then(() => (isWritten = true));
    await new Promise((done) => setImmediate(done));
    assert.is(isWritten, false);
    assert.ok((await device.receive(MUCH.length)).equals(MUCH));
    await writing;
  }),
);

test(
  'serialport-binding:port.9 drain() resolves after the writes that are under way',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    await port.drain();
    for (const bytes of [Buffer.alloc(2048), MUCH]) {
      const order: string[] = [];
      const writing = port.write(bytes).then(() => order.push('written'));
      const draining = port.drain().then(() => order.push('drained'));
      await device.receive(bytes.length);
      await Promise.all([writing, draining]);
      assert.equal(order, ['written', 'drained']);
    }
  }),
);

test(
  'serialport-binding:port.10 close() ends the reads, writes and drains under way with errors that say canceled',
  scoped(async (scope) => {
    const { port } = await openPort(scope);
    const buffer = Buffer.alloc(8);
    const ended = [
      port.read(buffer, 0, 8),
      port.read(buffer, 0, 8),
      port.write(MUCH),
      port.write(MUCH),
      port.drain(),
    ].map(rejection);
    const closing = port.close();
    assert.is(port.isOpen, false);
    await closing;
    for (const { canceled, message } of await Promise.all(ended)) {
      assert.equal([canceled, message], [true, 'Canceled']);
    }
  }),
);

test(
  'serialport-binding:port.11 a closed port refuses every call, and none throws before it returns a promise',
  scoped(async (scope) => {
    const { port } = await openPort(scope);
    await port.close();
    assert.equal([port.isOpen, port.fd], [false, null]);
    const calls = [
      () => port.close(),
      () => port.read(Buffer.alloc(5), 0, 5),
      () => port.write(Buffer.from('x')),
      () => port.write(Buffer.alloc(0)),
      () => port.update({ baudRate: 9600 }),
      () => port.set({}),
      () => port.get(),
      () => port.getBaudRate(),
      () => port.flush(),
      () => port.drain(),
    ];
    for (const call of calls) assert.is((await rejection(call())).message, 'Port is not open');
  }),
);

test(
  'serialport-binding:port.12 arguments of another type are refused with TypeErrors, and harm nothing',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const buffer = Buffer.alloc(5);
    const rows: Array<[call: (wrong: never) => Promise<unknown>, wrong: unknown, message: string]> = [
      [(wrong) => port.read(wrong, 0, 5), undefined, '"buffer" is not a Buffer'],
      [(wrong) => port.read(wrong, 0, 5), 'text', '"buffer" is not a Buffer'],
      [(wrong) => port.read(buffer, wrong, 5), undefined, '"offset" is not an integer got "undefined"'],
      [(wrong) => port.read(buffer, wrong, 5), NaN, '"offset" is not an integer got "NaN"'],
      [(wrong) => port.read(buffer, 0, wrong), '5', '"length" is not an integer got "string"'],
      [(wrong) => port.write(wrong), null, '"buffer" is not a Buffer'],
      [(wrong) => port.write(wrong), 'text', '"buffer" is not a Buffer'],
      [(wrong) => port.update(wrong), undefined, '"options" is not an object'],
      [(wrong) => port.update(wrong), [], '"options" is not an object'],
      [(wrong) => port.update(wrong), {}, '"options.baudRate" is not a number'],
      [(wrong) => port.update(wrong), { baudRate: '9600' }, '"options.baudRate" is not a number'],
      [(wrong) => port.set(wrong), undefined, '"options" is not an object'],
      [(wrong) => port.set(wrong), () => {}, '"options" is not an object'],
    ];
    for (const [call, wrong, message] of rows) {
      const error = await rejection(call(wrong as never));
      assert.equal([error.constructor.name, error.message], ['TypeError', message]);
    }
    assert.is((await rejection(port.read(buffer, 1, 5))).message, 'buffer is too small');
    for (const [offset, length] of [
      [-1, 5],
      [0.5, 1],
      [0, -1],
    ] as const)
      await rejection(port.read(buffer, offset, length));
    await rejection(port.update({ baudRate: -1 }));
    assert.is(device.settings.baudRate, 9600);
    device.send('x');
    assert.is((await port.read(buffer, 0, 5)).bytesRead, 1);
  }),
);

test(
  'serialport-binding:port.13 update() changes the rate to any number, and drops what came at the former rate',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    for (const baudRate of [57600, 250000, 134.5]) {
      await device.sent('garbage');
      await port.update({ baudRate });
      assert.equal([device.unread, await port.getBaudRate()], [0, { baudRate: Math.trunc(baudRate) }]);
    }
    device.send('text');
    assert.is(String(await readAll(port, 4)), 'text');
  }),
);

test(
  'serialport-binding:port.14 flush() drops what was received and not read, and a read that waits goes on',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    await device.sent('stale');
    await port.flush();
    assert.is(device.unread, 0);
    const reading = readAll(port, 5);
    await port.flush();
    device.send('fresh');
    assert.is(String(await reading), 'fresh');
  }),
);

test(
  'serialport-binding:port.15 a pseudoterminal has no modem lines: get() and set() say so, and the port works on',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const [cannotGet, cannotSet] = [await rejection(port.get()), await rejection(port.set({ dtr: true }))];
    assert.match(cannotGet.message, /^Error: (Inappropriate ioctl for device|Invalid argument), cannot get$/);
    assert.match(cannotSet.message, /^Error: (Inappropriate ioctl for device|Invalid argument), cannot set$/);
    assert.match(cannotGet.code!, /^(ENOTTY|EINVAL)$/);
    device.send('x');
    assert.is(String(await readAll(port, 1)), 'x');
  }),
);

test(
  'serialport-binding:port.16 when the device goes, reads and writes fail with errors that say disconnect',
  scoped(async (scope) => {
    const { device, port } = await openPort(scope);
    const ended = [port.read(Buffer.alloc(8), 0, 8), port.write(MUCH)].map(rejection);
    device.unplug();
    for (const { disconnect, canceled } of await Promise.all(ended)) {
      assert.equal([disconnect, canceled ?? false], [true, false]);
    }
    // The kernel tells those that begin after the hangup, too.
    const later = [port.read(Buffer.alloc(8), 0, 8), port.write(MUCH)].map(rejection);
    for (const { disconnect } of await Promise.all(later)) assert.is(disconnect, true);
    for (const call of [port.flush(), port.drain(), port.update({ baudRate: 300 }), port.getBaudRate()]) {
      assert.is((await rejection(call)).code, 'EIO');
    }
    assert.is(port.isOpen, true);
    await port.close();
  }),
);

test(
  'serialport-binding:port.17 a hundred ports, opened and closed while they read, leave no descriptor open',
  scoped(async (scope) => {
    const device = new Device(scope);
    await (await device.open()).close();
    const before = openDescriptors();
    for (let cycle = 0; cycle < 100; cycle++) {
      const port = await device.open();
      const reading = rejection(port.read(Buffer.alloc(1), 0, 1));
      await port.close();
      assert.is((await reading).canceled, true);
    }
    assert.equal(openDescriptors(), before);
  }),
);
