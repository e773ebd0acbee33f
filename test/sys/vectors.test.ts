import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys vectors', { sanitized: ['epoll'] });

const MOST_PARTS = 1024;

function pipe(scope: Scope): [reader: number, writer: number] {
  const [reader, writer] = sys.pipe();
  return [scope.own(reader), scope.own(writer)];
}

test(
  'sys:readv.1 readv() fills buffers of any kind one after the other',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const first = Buffer.alloc(3, '.');
    const second = new Uint16Array(2).fill(0x2e2e);
    const third = new DataView(new SharedArrayBuffer(4) as unknown as ArrayBuffer);
    const parts = [first, new Uint8Array(0), second, third];
    assert.is(sys.readv(reader, parts), sys.WOULD_BLOCK);
    sys.write(writer, Buffer.from('abcdefghi'));
    assert.is(sys.readv(reader, parts), 9);
    assert.is(first.toString(), 'abc');
    assert.is(Buffer.from(second.buffer).toString(), 'defg');
    assert.equal(
      [0, 1, 2, 3].map((at) => third.getUint8(at)),
      [0x68, 0x69, 0, 0],
    );
    sys.write(writer, Buffer.from('X'));
    assert.is(sys.readv(reader, parts), 1);
    assert.is(first.toString(), 'Xbc');
    scope.close(writer);
    assert.is(sys.readv(reader, parts), 0);
  }),
);

test(
  'sys:readv.2 readv() leaves the bytes around the buffers as they are',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const memory = Buffer.alloc(12, '.');
    sys.write(writer, Buffer.from('0123456789'));
    assert.is(sys.readv(reader, [memory.subarray(7, 9), memory.subarray(1, 4)]), 5);
    assert.is(memory.toString(), '.234...01...');
  }),
);

test(
  'sys:writev.1 writev() writes buffers of any kind as one',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const parts = [
      Buffer.from('ab'),
      new Uint8Array(0),
      Uint32Array.of(0x63636363),
      Buffer.from('..d..').subarray(2, 3),
    ];
    assert.is(sys.writev(writer, parts), 7);
    const received = Buffer.alloc(16);
    assert.is(sys.read(reader, received), 7);
    assert.is(received.toString('utf8', 0, 7), 'abccccd');
  }),
);

test(
  'sys:writev.2 writev() takes a part when there is little room, then returns WOULD_BLOCK',
  scoped((scope) => {
    const [a, b] = sys.socketPair();
    scope.own(a);
    scope.own(b);
    const parts = Array.from({ length: 4 }, (_, index) => Buffer.alloc(1 << 19, String(index)));
    const count = sys.writev(a, parts);
    assert.ok(count > 0 && count < 4 << 19, String(count));
    while (sys.writev(a, parts) !== sys.WOULD_BLOCK);
    const received = Buffer.alloc(count);
    assert.is(sys.read(b, received), count);
    assert.ok(received.equals(Buffer.concat(parts).subarray(0, count)));
  }),
);

for (const count of [1, 16, 17, MOST_PARTS]) {
  test(
    `sys:readv.3 a vector of ${count} is transferred whole`,
    scoped((scope) => {
      const [reader, writer] = pipe(scope);
      const sent = Array.from({ length: count }, (_, index) => Uint8Array.of(index, index >> 8));
      assert.is(sys.writev(writer, sent), 2 * count);
      const received = Array.from({ length: count }, () => new Uint8Array(2));
      assert.is(sys.readv(reader, received), 2 * count);
      assert.equal(received, sent);
    }),
  );
}

test(
  `sys:readv.4 readv() and writev() use the first ${MOST_PARTS} buffers of a longer vector`,
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const list = Array.from({ length: MOST_PARTS + 1 }, () => Buffer.from('ab'));
    assert.is(sys.writev(writer, list), 2 * MOST_PARTS);
    sys.write(writer, Buffer.from('cd'));
    assert.is(sys.readv(reader, list), 2 * MOST_PARTS);
    assert.is(sys.readv(reader, list), 2);
    assert.is(list[0]!.toString(), 'cd');
    assert.is(list[MOST_PARTS]!.toString(), 'ab');
  }),
);

for (const [name, call] of [
  ['readv', sys.readv],
  ['writev', sys.writev],
] as const) {
  test(
    `sys:readv.5 ${name} of no buffers or empty buffers returns 0`,
    scoped((scope) => {
      const [reader, writer] = pipe(scope);
      const fd = call === sys.readv ? reader : writer;
      assert.is(call(fd, []), 0);
      assert.is(call(fd, [new Uint8Array(0), new Float64Array(0)]), 0);
      assert.is(sys.bytesReadable(reader), 0);
    }),
  );

  test(
    `sys:readv.6 ${name} refuses a value that is no array of views before any system call`,
    scoped((scope) => {
      const [reader, writer] = pipe(scope);
      sys.write(writer, Buffer.from('kept'));
      const fd = call === sys.readv ? reader : writer;
      const refused = (list: unknown): void => {
        expectRefusal(() => call(fd, list as ArrayBufferView[]), TypeError, 'ERR_INVALID_ARG_TYPE');
      };
      for (const list of [
        undefined,
        null,
        'text',
        {},
        Buffer.alloc(4),
        new Set(),
        [Buffer.alloc(4), 'text'],
        [undefined],
      ])
        refused(list);
      refused(Object.assign(Array<Buffer>(2), { 1: Buffer.alloc(4) }));
      expectRefusal(() => call(-1, []), RangeError, 'ERR_OUT_OF_RANGE');
      const message = thrownBy(() => call(fd, [Buffer.alloc(1), 7 as unknown as Buffer])).message;
      assert.match(message, 'buffers[1]');
      assert.is(sys.bytesReadable(reader), 4);
    }),
  );

  test(
    `sys:readv.7 ${name} is safe with an array that changes while it is read`,
    scoped((scope) => {
      const [reader, writer] = pipe(scope);
      sys.write(writer, Buffer.from('kept'));
      const fd = call === sys.readv ? reader : writer;
      const memory = new ArrayBuffer(8);
      const list = [new Uint8Array(memory), new Uint8Array(8)];
      Object.defineProperty(list, 1, {
        get: () => {
          if (memory.byteLength > 0) structuredClone(memory, { transfer: [memory] });
          return new Uint8Array(0);
        },
      });
      assert.is(call(fd, list), 0);
      assert.is(sys.bytesReadable(reader), 4);
    }),
  );

  test(
    `sys:readv.9 ${name} is safe with an accessor on Array.prototype`,
    scoped((scope) => {
      const [reader, writer] = pipe(scope);
      sys.write(writer, Buffer.from('kept'));
      const fd = call === sys.readv ? reader : writer;
      const memory = new ArrayBuffer(8192);
      const list = [new Uint8Array(memory), new Uint8Array(8)];
      Object.defineProperty(Array.prototype, 1, {
        configurable: true,
        get: () => {
          if (memory.byteLength > 0) structuredClone(memory, { transfer: [memory] });
          return new Uint8Array(0);
        },
        set: () => undefined,
      });
      try {
        call(fd, list);
      } catch (error) {
        assert.is((error as { code?: string }).code, 'EFAULT');
      } finally {
        Reflect.deleteProperty(Array.prototype, 1);
      }
      assert.is(memory.byteLength, 0);
      assert.is(sys.bytesReadable(reader), 4);
    }),
  );

  test(`sys:readv.8 ${name} names the call and the descriptor in its error`, () => {
    const [reader, writer] = sys.pipe();
    for (const open of [reader, writer]) sys.close(open);
    assert.equal(thrownBy(() => call(reader, [Buffer.alloc(1)])).syscall, name);
    expectSystemError(() => call(reader, [Buffer.alloc(1)]), 'EBADF', reader);
    expectSystemError(() => call(reader, []), 'EBADF', reader);
  });
}

test(
  'sys:writev.3 writev() to a pipe without a reader throws EPIPE',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    scope.close(reader);
    expectSystemError(() => sys.writev(writer, [Buffer.from('x')]), 'EPIPE', writer);
  }),
);
