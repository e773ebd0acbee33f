import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { ByteLengthParser } from '@serialport/parser-byte-length';
import { ReadlineParser } from '@serialport/parser-readline';
import { ReadyParser } from '@serialport/parser-ready';
import { DisconnectedError, SerialPortStream } from '@serialport/stream';
import { LinuxBinding, type LinuxBindingInterface, type LinuxOpenOptions } from 'pollux-serialport-binding';
import * as assert from 'uvu/assert';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Device } from './device.js';

const test = suite('serialport binding: SerialPortStream');

type Port = SerialPortStream<LinuxBindingInterface>;
type Options = Partial<LinuxOpenOptions> & { autoOpen?: boolean; endOnClose?: boolean; highWaterMark?: number };

/** More than a pseudoterminal takes while nobody reads at its other side. */
const MUCH = Buffer.alloc(1 << 18, 'much');

function streamAt(scope: Scope, device: { path: string }, options: Options = {}): Port {
  const port = new SerialPortStream({ binding: LinuxBinding, path: device.path, baudRate: 115200, ...options });
  scope.atEnd(() => {
    if (port.isOpen) port.close();
  });
  return port;
}

/** A stream that is open, and the device at its other side. */
async function openStream(scope: Scope, options: Options = {}): Promise<{ device: Device; port: Port }> {
  const device = new Device(scope);
  const port = streamAt(scope, device, options);
  await once(port, 'open');
  return { device, port };
}

/** Resolves with what a method of the stream calls back with. */
function calledBack<Result = unknown>(call: (callback: (...result: [Error | null, Result?]) => void) => void) {
  return new Promise<[Error | null, Result?]>((done) => call((...result) => done(result)));
}

/** Resolves with the next `length` bytes of the stream. */
function bytesOf(port: Port, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((done) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      if (chunks.reduce((sum, each) => sum + each.length, 0) < length) return;
      port.off('data', take);
      done(Buffer.concat(chunks));
    };
    port.on('data', take);
  });
}

test(
  'serialport-binding:stream.1 a port opens by itself, and closes',
  scoped(async (scope) => {
    const { port } = await openStream(scope);
    assert.is(port.isOpen, true);
    const closed = once(port, 'close');
    port.close();
    assert.equal([port.isOpen, await closed], [false, [null]]);
  }),
);

test(
  'serialport-binding:stream.2 a port that is missing is an error for the callback, or else an event',
  scoped(async (scope) => {
    const message = 'Error: No such file or directory, cannot open /dev/nope';
    const missing = { path: '/dev/nope' };
    const [error] = await calledBack((callback) => streamAt(scope, missing, { autoOpen: false }).open(callback));
    assert.is(error!.message, message);
    const [emitted] = (await once(streamAt(scope, missing), 'error')) as [Error];
    assert.is(emitted.message, message);
  }),
);

test(
  'serialport-binding:stream.3 a port cannot be opened while it opens or is open, and its lock holds for other streams',
  scoped(async (scope) => {
    const device = new Device(scope);
    const port = streamAt(scope, device, { autoOpen: false });
    const first = calledBack((callback) => port.open(callback));
    const second = calledBack((callback) => port.open(callback));
    assert.is((await second)[0]!.message, 'Port is opening');
    assert.is((await first)[0], null);
    assert.is((await calledBack((callback) => port.open(callback)))[0]!.message, 'Port is already open');
    const other = streamAt(scope, device, { autoOpen: false });
    const [locked] = await calledBack((callback) => other.open(callback));
    assert.is(locked!.message, 'Error Resource temporarily unavailable Cannot lock port');
    await calledBack((callback) => port.close(callback));
    assert.is((await calledBack((callback) => other.open(callback)))[0], null);
  }),
);

test(
  'serialport-binding:stream.4 a port opens and closes again and again, and reads each time it is open',
  scoped(async (scope) => {
    const device = new Device(scope);
    const port = streamAt(scope, device, { autoOpen: false });
    const seen: string[] = [];
    port.on('data', (chunk: Buffer) => seen.push(String(chunk)));
    for (const text of ['one', 'two', 'three']) {
      assert.equal(await calledBack((callback) => port.open(callback)), [null]);
      const heard = once(port, 'data');
      device.send(text);
      await heard;
      assert.equal(await calledBack((callback) => port.close(callback)), [null]);
    }
    assert.equal(seen, ['one', 'two', 'three']);
  }),
);

test(
  'serialport-binding:stream.5 2 KiB come back from a device that echoes, after it has said READY',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    device.echo();
    const ready = port.pipe(new ReadyParser({ delimiter: 'READY' }));
    const input = randomBytes(2048);
    const output = bytesOf(ready as unknown as Port, input.length);
    ready.on('ready', () => port.write(input));
    device.send('noise READY');
    assert.ok((await output).equals(input));
  }),
);

test(
  'serialport-binding:stream.6 a megabyte comes back from a device that echoes',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    device.echo();
    const input = randomBytes(1 << 20);
    const output = bytesOf(port, input.length);
    port.write(input);
    assert.ok((await output).equals(input));
  }),
);

test(
  'serialport-binding:stream.7 a slow reader loses nothing',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope, { highWaterMark: 512 });
    const input = randomBytes(50_000);
    device.send(input);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of port as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      await new Promise((done) => setImmediate(done));
      if (length === input.length) break;
    }
    assert.ok(Buffer.concat(chunks).equals(input));
  }),
);

test(
  'serialport-binding:stream.8 ReadlineParser gets lines however they are cut',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    const lines: string[] = [];
    const parser = port.pipe(new ReadlineParser({ delimiter: '\r\n' }));
    parser.on('data', (line: string) => lines.push(line));
    for (const part of ['$GPGGA,1', '23\r', '\n$GPRMC,A\r\n$GP', 'VTG\r\n']) {
      device.send(part);
      await new Promise((done) => setImmediate(done));
    }
    while (lines.length < 3) await once(parser, 'data');
    assert.equal(lines, ['$GPGGA,123', '$GPRMC,A', '$GPVTG']);
  }),
);

test(
  'serialport-binding:stream.9 ByteLengthParser gets frames of its length',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    const frames: string[] = [];
    const parser = port.pipe(new ByteLengthParser({ length: 4 }));
    parser.on('data', (frame: Buffer) => frames.push(String(frame)));
    device.send('abcdefghij');
    device.send('kl');
    while (frames.length < 3) await once(parser, 'data');
    assert.equal(frames, ['abcd', 'efgh', 'ijkl']);
  }),
);

test(
  'serialport-binding:stream.10 what is written before the port is open is sent then, and drain() waits for it',
  scoped(async (scope) => {
    const device = new Device(scope);
    const port = streamAt(scope, device, { autoOpen: false });
    const order: string[] = [];
    port.write('early', () => order.push('written'));
    const drained = calledBack((callback) => port.drain(callback));
    port.open();
    assert.is(String(await device.receive(5)), 'early');
    assert.equal(await drained, [null]);
    assert.equal(order, ['written']);
  }),
);

test(
  'serialport-binding:stream.11 strings, encodings, arrays and corked chunks are sent as bytes',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    port.write('text ');
    port.write('C0FFEE', 'hex');
    port.write([0, 32, 44, 88]);
    port.cork();
    port.write('abc');
    port.write(Buffer.from('123'));
    port.uncork();
    assert.is((await device.receive(18)).toString('latin1'), 'text \xC0\xFF\xEE\0 ,Xabc123');
  }),
);

test(
  'serialport-binding:stream.12 update() changes the rate, flush() calls back, get() and set() say what a port lacks',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    assert.equal(await calledBack((callback) => port.update({ baudRate: 57600 }, callback)), [null]);
    assert.equal([port.baudRate, device.settings.baudRate], [57600, 57600]);
    assert.equal(await calledBack((callback) => port.flush(callback)), [null]);
    const [cannotGet] = await calledBack((callback) => port.get(callback));
    const [cannotSet] = await calledBack((callback) => port.set({ rts: false }, callback));
    assert.match(cannotGet!.message, /cannot get$/);
    assert.match(cannotSet!.message, /cannot set$/);
    assert.is(port.isOpen, true);
  }),
);

test(
  'serialport-binding:stream.13 flush() drops what was received, also while the stream reads',
  scoped(async (scope) => {
    const { device, port } = await openStream(scope);
    await device.sent('stale');
    await calledBack((callback) => port.flush(callback));
    const heard = once(port, 'data');
    await calledBack((callback) => port.flush(callback));
    device.send('fresh');
    assert.is(String((await heard)[0]), 'fresh');
  }),
);

test(
  'serialport-binding:stream.14 close() while a write and a read wait is no disconnection',
  scoped(async (scope) => {
    const { port } = await openStream(scope);
    port.resume();
    const failed = once(port, 'error') as Promise<[Error & { canceled: boolean }]>;
    port.write(MUCH);
    const [outcome] = await calledBack((callback) => port.close(callback));
    const [error] = await failed;
    assert.equal([outcome, error.canceled, error.message], [null, true, 'Canceled']);
  }),
);

for (const [when, options] of [
  ['while the stream reads', { flowing: true }],
  ['when the stream writes', { flowing: false }],
] as const) {
  test(
    `serialport-binding:stream.15 the device goes ${when}: the port closes with a DisconnectedError`,
    scoped(async (scope) => {
      const { device, port } = await openStream(scope);
      const closed = once(port, 'close') as Promise<[DisconnectedError]>;
      // A write that fails is an error of the stream, too.
      port.on('error', () => {});
      if (options.flowing) port.resume();
      device.unplug();
      if (!options.flowing) port.write('is anybody there?');
      const [error] = await closed;
      assert.instance(error, DisconnectedError);
      assert.equal([error.disconnected, port.isOpen, port.port!.fd], [true, false, null]);
    }),
  );
}

test(
  'serialport-binding:stream.16 with endOnClose a port that closes ends, without it it does not',
  scoped(async (scope) => {
    for (const endOnClose of [true, false]) {
      const { port } = await openStream(scope, { endOnClose });
      let hasEnded = false;
      port.on('end', () => (hasEnded = true));
      await calledBack((callback) => port.close(callback));
      assert.is(hasEnded, endOnClose);
    }
  }),
);
