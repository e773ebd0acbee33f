import { constants } from 'node:fs';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys streams', { sanitized: ['epoll'] });

const CANARY = 0xa5;

type Transfer = (fd: number, buffer: ArrayBufferView, offset?: number, length?: number) => number;

const READERS: ReadonlyArray<[name: string, call: Transfer]> = [
  ['read', sys.read],
  ['recv', sys.recv],
];
const WRITERS: ReadonlyArray<[name: string, call: Transfer]> = [
  ['write', sys.write],
  ['send', sys.send],
];
const ALL = [...READERS, ...WRITERS];

function pair(scope: Scope, type?: sys.SocketType): [a: number, b: number] {
  const [a, b] = sys.socketPair(type);
  return [scope.own(a), scope.own(b)];
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString();
}

for (const [name, receive] of READERS) {
  test(
    `sys:read.1 ${name} returns what is there, then WOULD_BLOCK, then 0 at the end of the file`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const buffer = Buffer.alloc(8, '.');
      assert.is(receive(a, buffer), sys.WOULD_BLOCK);
      sys.write(b, Buffer.from('twins'));
      assert.is(receive(a, buffer), 5);
      assert.is(buffer.toString(), 'twins...');
      assert.is(receive(a, buffer), -1);
      scope.close(b);
      assert.is(receive(a, buffer), 0);
      assert.is(buffer.toString(), 'twins...');
    }),
  );

  test(
    `sys:read.2 ${name} writes between offset and offset + length only`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      sys.write(b, Buffer.from('0123456789'));
      const memory = new Uint8Array(32).fill(CANARY);
      const view = memory.subarray(8, 24);
      assert.is(receive(a, view, 3, 4), 4);
      assert.equal([...memory.subarray(0, 11)], Array<number>(11).fill(CANARY));
      assert.is(text(memory, 11, 15), '0123');
      assert.equal([...memory.subarray(15)], Array<number>(17).fill(CANARY));
      assert.is(receive(a, view, 14), 2);
      assert.is(text(memory, 22, 24), '45');
      assert.equal([...memory.subarray(24)], Array<number>(8).fill(CANARY));
      assert.is(receive(a, view, 16), 0);
      assert.is(receive(a, view, 0, 0), 0);
      assert.is(receive(a, view), 4);
    }),
  );
}

for (const [name, transmit] of WRITERS) {
  test(
    `sys:write.1 ${name} takes the bytes between offset and offset + length`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const memory = Buffer.from('0123456789');
      const view = memory.subarray(2, 8);
      const received = Buffer.alloc(16);
      assert.is(transmit(a, view), 6);
      assert.is(transmit(a, view, 1), 5);
      assert.is(transmit(a, view, 2, 3), 3);
      assert.is(transmit(a, view, 6), 0);
      assert.is(transmit(a, view, 0, 0), 0);
      assert.is(sys.read(b, received), 14);
      assert.is(text(received, 0, 14), '23456734567456');
    }),
  );

  test(
    `sys:write.2 ${name} takes a part when there is little space, then says WOULD_BLOCK`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const chunk = Buffer.alloc(1 << 20);
      let written = 0;
      for (let count = transmit(a, chunk); count !== sys.WOULD_BLOCK; count = transmit(a, chunk)) {
        assert.ok(count > 0 && count < chunk.length, String(count));
        written += count;
      }
      let received = 0;
      for (let count = sys.read(b, chunk); count !== sys.WOULD_BLOCK; count = sys.read(b, chunk)) received += count;
      assert.is(received, written);
      assert.ok(transmit(a, chunk) > 0);
    }),
  );

  test(
    `sys:write.3 ${name} to a peer that is closed throws EPIPE and raises no signal`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      scope.close(b);
      const error = thrownBy(() => transmit(a, Buffer.from('x')));
      assert.equal([error.code, error.syscall, error.fd], ['EPIPE', name, a]);
    }),
  );
}

const VIEWS: ReadonlyArray<[name: string, make: (memory: ArrayBuffer) => ArrayBufferView]> = [
  ['Buffer', (memory) => Buffer.from(memory, 8, 16)],
  ['Uint8Array', (memory) => new Uint8Array(memory, 8, 16)],
  ['Uint8ClampedArray', (memory) => new Uint8ClampedArray(memory, 8, 16)],
  ['Int8Array', (memory) => new Int8Array(memory, 8, 16)],
  ['Uint16Array', (memory) => new Uint16Array(memory, 8, 8)],
  ['Int16Array', (memory) => new Int16Array(memory, 8, 8)],
  ['Uint32Array', (memory) => new Uint32Array(memory, 8, 4)],
  ['Int32Array', (memory) => new Int32Array(memory, 8, 4)],
  ['Float32Array', (memory) => new Float32Array(memory, 8, 4)],
  ['Float64Array', (memory) => new Float64Array(memory, 8, 2)],
  ['BigInt64Array', (memory) => new BigInt64Array(memory, 8, 2)],
  ['BigUint64Array', (memory) => new BigUint64Array(memory, 8, 2)],
  ['DataView', (memory) => new DataView(memory, 8, 16)],
];

const MEMORIES: ReadonlyArray<[name: string, make: () => ArrayBuffer]> = [
  ['an ArrayBuffer', () => new ArrayBuffer(32)],
  ['a SharedArrayBuffer', () => new SharedArrayBuffer(32) as unknown as ArrayBuffer],
];

for (const [memoryName, makeMemory] of MEMORIES) {
  for (const [name, make] of VIEWS) {
    test(
      `sys:buffer.1 a ${name} over ${memoryName} is counted in bytes, and no byte outside is touched`,
      scoped((scope) => {
        const [a, b] = pair(scope);
        const memory = makeMemory();
        const bytes = new Uint8Array(memory).fill(CANARY);
        const view = make(memory);
        sys.write(b, Buffer.from('abcdefghijklmnopqrstuvwxyz'));
        assert.is(sys.read(a, view), 16);
        assert.is(text(bytes, 8, 24), 'abcdefghijklmnop');
        assert.is(sys.recv(a, view, 5, 3), 3);
        assert.is(text(bytes, 8, 24), 'abcdeqrsijklmnop');
        assert.equal([...bytes.subarray(0, 8), ...bytes.subarray(24)], Array<number>(16).fill(CANARY));
        assert.is(sys.write(a, view, 4, 4), 4);
        assert.is(sys.send(a, view), 16);
        const echoed = Buffer.alloc(64);
        assert.is(sys.read(b, echoed), 20);
        assert.is(text(echoed, 0, 20), 'eqrsabcdeqrsijklmnop');
        expectRefusal(() => sys.read(a, view, 17), RangeError, 'ERR_OUT_OF_RANGE');
        expectRefusal(() => sys.write(a, view, 8, 9), RangeError, 'ERR_OUT_OF_RANGE');
      }),
    );
  }
}

for (const [name, call] of ALL) {
  test(
    `sys:buffer.2 ${name} refuses a range outside the buffer before any system call`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      sys.write(b, Buffer.from('kept'));
      const buffer = Buffer.alloc(8);
      for (const offset of [-1, 9, 1.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53]) {
        expectRefusal(() => call(a, buffer, offset), RangeError, 'ERR_OUT_OF_RANGE');
        expectRefusal(() => call(a, buffer, offset, 0), RangeError, 'ERR_OUT_OF_RANGE');
      }
      for (const length of [-1, 7, 8, 0.5, NaN, Infinity, 2 ** 32, 2 ** 53]) {
        expectRefusal(() => call(a, buffer, 2, length), RangeError, 'ERR_OUT_OF_RANGE');
      }
      assert.is(sys.bytesReadable(a), 4);
      assert.is(sys.bytesReadable(b), 0);
    }),
  );

  test(
    `sys:buffer.3 ${name} refuses arguments of another type before any system call`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      sys.write(b, Buffer.from('kept'));
      const buffer = Buffer.alloc(8);
      const refused = (...args: unknown[]): void => {
        expectRefusal(() => (call as (...args: unknown[]) => number)(...args), TypeError, 'ERR_INVALID_ARG_TYPE');
      };
      for (const fd of [undefined, null, '1', 1n, {}, Symbol('fd')]) refused(fd, buffer);
      for (const view of [undefined, null, 'text', 8, [1, 2], {}, new ArrayBuffer(8), new SharedArrayBuffer(8)])
        refused(a, view);
      for (const number of [null, '1', 1n, {}, true]) {
        refused(a, buffer, number);
        refused(a, buffer, 0, number);
      }
      for (const fd of [-1, 1.5, NaN, 2 ** 31]) expectRefusal(() => call(fd, buffer), RangeError, 'ERR_OUT_OF_RANGE');
      assert.is(sys.bytesReadable(a), 4);
      assert.is(sys.bytesReadable(b), 0);
    }),
  );

  test(
    `sys:buffer.4 ${name} refuses a view whose memory is detached`,
    scoped((scope) => {
      const [a] = pair(scope);
      for (const [, make] of VIEWS) {
        const memory = new ArrayBuffer(32);
        const view = make(memory);
        structuredClone(memory, { transfer: [memory] });
        expectRefusal(() => call(a, view), TypeError, 'ERR_INVALID_ARG_VALUE');
        expectRefusal(() => call(a, view, 0, 0), TypeError, 'ERR_INVALID_ARG_VALUE');
      }
      for (const empty of [new Uint8Array(0), new Float64Array(0), new DataView(new ArrayBuffer(0))]) {
        assert.is(call(a, empty), call === sys.recv ? sys.WOULD_BLOCK : 0);
      }
    }),
  );

  test(
    `sys:buffer.5 ${name} of a view that claims more bytes than it has fails with EFAULT`,
    scoped((scope) => {
      const [a] = pair(scope);
      const view = Object.defineProperty(new Uint8Array(8), 'length', { value: 1 << 20 });
      const error = thrownBy(() => call(a, view));
      assert.equal([error.code, error.syscall, error.fd], ['EFAULT', name, a]);
      expectSystemError(() => call(a, view, 8, 1), 'EFAULT', a);
      expectSystemError(() => call(a, view, 1 << 19, 0), 'EFAULT', a);
      const impostor = Object.defineProperty(Object.create(Uint8Array.prototype) as Uint8Array, 'length', { value: 8 });
      expectSystemError(() => call(a, impostor), 'EFAULT', a);
    }),
  );

  test(`sys:errors.1 ${name} on a number that is not open throws EBADF with the call and the number`, () => {
    const [fd, other] = sys.pipe();
    for (const open of [fd, other]) sys.close(open);
    const error = thrownBy(() => call(fd, Buffer.alloc(1)));
    assert.equal([error.code, error.syscall, error.fd, error.errno! < 0], ['EBADF', name, fd, true]);
    assert.is(error.message, `EBADF: bad file descriptor, ${name} (fd ${fd})`);
  });
}

interface Resizable {
  resize(length: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & Resizable;

const shrinks = 'sys:buffer.6 a view of a resizable buffer follows its size, and is refused once it lies outside';
if ('resize' in ArrayBuffer.prototype) {
  test(
    shrinks,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const memory = new ResizableBuffer(16, { maxByteLength: 32 });
      const views = [new Uint8Array(memory, 8, 8), new Float64Array(memory, 8, 1), new DataView(memory, 8, 8)];
      const following = new Uint8Array(memory);
      sys.write(b, Buffer.alloc(24, 'x'));
      memory.resize(4);
      for (const view of views) expectRefusal(() => sys.read(a, view), TypeError, 'ERR_INVALID_ARG_VALUE');
      expectRefusal(() => sys.readv(a, [following, views[1]!]), TypeError, 'ERR_INVALID_ARG_VALUE');
      assert.is(sys.read(a, following), 4);
      memory.resize(32);
      assert.is(sys.read(a, following, 12), 20);
      assert.is(text(following, 0, 32), `xxxx${'\0'.repeat(8)}${'x'.repeat(20)}`);
    }),
  );
} else {
  test.gate(shrinks, 'this JavaScript engine has no resizable ArrayBuffer');
}

test(
  'sys:read.3 read() of a directory throws EISDIR',
  scoped((scope) => {
    const fd = scope.own(descriptors.openFile(scope.directory(), constants.O_RDONLY));
    const error = thrownBy(() => sys.read(fd, Buffer.alloc(1)));
    assert.equal([error.code, error.syscall, error.fd], ['EISDIR', 'read', fd]);
  }),
);

test(
  'sys:read.4 read() of the write end of a pipe throws EBADF, and recv() of a pipe ENOTSOCK',
  scoped((scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    expectSystemError(() => sys.read(writer, Buffer.alloc(1)), 'EBADF', writer);
    expectSystemError(() => sys.write(reader, Buffer.alloc(1)), 'EBADF', reader);
    expectSystemError(() => sys.recv(reader, Buffer.alloc(1)), 'ENOTSOCK', reader);
    expectSystemError(() => sys.send(writer, Buffer.alloc(1)), 'ENOTSOCK', writer);
    scope.close(reader);
    expectSystemError(() => sys.write(writer, Buffer.alloc(1)), 'EPIPE', writer);
  }),
);

test(
  'sys:write.4 offsets above 2³¹ work, and one call moves 0x7ffff000 bytes at most',
  scoped((scope) => {
    const fd = scope.own(descriptors.openFile('/dev/null', constants.O_RDWR));
    const most = 0x7ffff000;
    const large = new Uint8Array(2 ** 31 + 16);
    assert.is(sys.write(fd, large), most);
    assert.is(sys.write(fd, large, 17), most);
    assert.is(sys.write(fd, large, 2 ** 31), 16);
    assert.is(sys.write(fd, large, 2 ** 31, 5), 5);
    assert.is(sys.writev(fd, [large, large]), most);
    assert.is(sys.writev(fd, [large.subarray(0, 2 ** 30), large.subarray(0, 2 ** 30), large]), most);
    assert.is(sys.read(fd, large, 2 ** 31), 0);
  }),
);
