import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError } from '../support/expect.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys ioctl', { sanitized: ['epoll'] });
const isUsual = process.platform === 'linux' && ['x64', 'arm64', 'ia32', 'arm', 'riscv64'].includes(process.arch);
const onLinux = test.unless(isUsual ? undefined : `requests have other numbers on ${process.platform} ${process.arch}`);

// asm-generic/ioctls.h
const TCGETS = 0x5401;
const TIOCSWINSZ = 0x5414;
const TIOCGWINSZ = 0x5413;
const FIONREAD = 0x541b;
const FIONBIO = 0x5421;
/** _IOR('T', 0x30, unsigned int) */
const TIOCGPTN = 0x80045430;
/** _IOW('T', 0x31, int) */
const TIOCSPTLCK = 0x40045431;
const SIOCGIFCONF = 0x8912;
const SIOCGIFMTU = 0x8921;
/** _IOW('T', 204, int), which takes its argument by value. */
const TUNSETOWNER = 0x400454cc;
const TCFLSH = 0x540b;

const TERMIOS_BYTES = 36;

onLinux(
  "sys:ioctl.1 ioctl() with a view passes the bytes of the view to the kernel, and the kernel's answer is in the view",
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    assert.is(sys.ioctl(fd, TIOCSWINSZ, Uint16Array.of(25, 80, 0, 0)), 0);
    assert.equal(sys.windowSize(fd), { columns: 80, rows: 25 });
    const size = new Uint16Array(4);
    assert.is(sys.ioctl(fd, TIOCGWINSZ, size), 0);
    assert.equal([...size], [25, 80, 0, 0]);
    const number = new DataView(new ArrayBuffer(4));
    sys.ioctl(fd, TIOCGPTN, number);
    assert.is(sys.ioctl(fd, TIOCSPTLCK, Int32Array.of(0)), 0);
  }),
);

onLinux(
  'sys:ioctl.2 ioctl() passes a number by value, and 0 when there is no argument',
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    assert.is(sys.ioctl(fd, TCFLSH, 2), 0);
    assert.is(sys.ioctl(fd, TCFLSH), 0);
    expectSystemError(() => sys.ioctl(fd, TCFLSH, 77), 'EINVAL', fd);
    expectSystemError(() => sys.ioctl(fd, TIOCGWINSZ, 65535), 'EFAULT', fd);
    expectSystemError(() => sys.ioctl(fd, TIOCGWINSZ), 'EFAULT', fd);
  }),
);

onLinux(
  'sys:ioctl.3 what a request writes beyond the view is dropped, and nothing outside the view changes',
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    const whole = Buffer.alloc(TERMIOS_BYTES);
    sys.ioctl(fd, TCGETS, whole);
    for (let length = 0; length <= TERMIOS_BYTES; length++) {
      const memory = Buffer.alloc(TERMIOS_BYTES + 64, 0xa5);
      sys.ioctl(fd, TCGETS, memory.subarray(32, 32 + length));
      assert.ok(memory.subarray(0, 32).every((byte) => byte === 0xa5));
      assert.ok(memory.subarray(32, 32 + length).equals(whole.subarray(0, length)), String(length));
      assert.ok(
        memory.subarray(32 + length).every((byte) => byte === 0xa5),
        String(length),
      );
    }
  }),
);

onLinux(
  'sys:ioctl.4 a view that is shorter than the size in the request is refused before any system call',
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    expectRefusal(() => sys.ioctl(fd, TIOCGPTN, new Uint8Array(3)), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.ioctl(-1, TIOCGPTN, new Uint8Array(3)), RangeError, 'ERR_OUT_OF_RANGE');
    // _IOR('T', 0xff, char[16383]): the most that size bits can say.
    expectRefusal(() => sys.ioctl(fd, 0xbfff54ff, new Uint8Array(16382)), RangeError, 'ERR_OUT_OF_RANGE');
    expectSystemError(() => sys.ioctl(fd, 0xbfff54ff, new Uint8Array(16383)), 'ENOTTY', fd);
    sys.ioctl(fd, TIOCGPTN, new Uint8Array(100_000));
  }),
);

onLinux(
  'sys:ioctl.5 ioctl() refuses a number for a request that would take it as a memory address',
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    for (const bad of [65536, 0x400000, 2 ** 32, 2 ** 47, -2, 1.5, NaN, Infinity]) {
      expectRefusal(() => sys.ioctl(fd, TIOCGWINSZ, bad), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.ioctl(fd, TIOCGPTN, bad), RangeError, 'ERR_OUT_OF_RANGE');
    }
    // The driver only reads: no memory changes whatever the number is.
    expectSystemError(() => sys.ioctl(fd, TUNSETOWNER, 100_000), 'ENOTTY', fd);
    expectSystemError(() => sys.ioctl(fd, TUNSETOWNER, -1), 'ENOTTY', fd);
    expectRefusal(() => sys.ioctl(fd, TUNSETOWNER, 2 ** 32), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

onLinux(
  'sys:ioctl.6 ioctl() makes requests of sockets and pipes: bytes to read, non-blocking mode, interfaces',
  scoped((scope) => {
    const [a, b] = sys.socketPair();
    scope.own(a);
    scope.own(b);
    sys.write(a, Buffer.from('seven!!'));
    const count = new Int32Array(1);
    assert.is(sys.ioctl(b, FIONREAD, count), 0);
    assert.is(count[0], 7);
    sys.ioctl(b, FIONBIO, Int32Array.of(0));
    assert.is(sys.isNonBlocking(b), false);
    const request = Buffer.alloc(40);
    request.write('lo');
    const socket = scope.own(sys.socket('ipv4', 'dgram'));
    sys.ioctl(socket, SIOCGIFMTU, request);
    assert.ok(new Int32Array(new Uint8Array(request.subarray(16, 20)).buffer)[0]! > 0);
    // struct ifconf without a buffer asks how long one would have to be.
    const list = Buffer.alloc(16);
    assert.is(sys.ioctl(socket, SIOCGIFCONF, list), 0);
  }),
);

test(
  'sys:ioctl.7 ioctl() refuses arguments of a wrong type or range before any system call',
  scoped((scope) => {
    const [readEnd, writeEnd] = sys.pipe();
    scope.own(readEnd);
    scope.own(writeEnd);
    for (const bad of [-1, 1.5, NaN, 2 ** 32]) {
      expectRefusal(() => sys.ioctl(readEnd, bad), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.ioctl(bad, 0), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(() => sys.ioctl(readEnd, '1' as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const bad of ['1', null, {}, [1], true, 1n]) {
      expectRefusal(() => sys.ioctl(readEnd, 1, bad as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    const gone = new Uint8Array(8);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expectRefusal(() => sys.ioctl(readEnd, 1, gone), TypeError, 'ERR_INVALID_ARG_VALUE');
    const lying = Object.defineProperty(new Uint8Array(4), 'length', { value: 64 });
    expectSystemError(() => sys.ioctl(readEnd, 1, lying), 'EFAULT', readEnd);
    const closed = sys.dup(readEnd);
    sys.close(closed);
    expectSystemError(() => sys.ioctl(closed, 1), 'EBADF', closed);
  }),
);
