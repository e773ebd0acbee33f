import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, constants } from 'node:fs';
import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone, expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys terminal settings', { sanitized: ['epoll'] });
/** Pseudoterminals of the BSDs take every setting, those of Linux force eight bits without parity. */
const linux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has other pseudoterminals`);

function terminal(scope: Scope): { fd: number; other: number; path: string } {
  const { fd, path } = sys.openPty();
  scope.own(fd);
  return { fd, other: scope.own(sys.open(path, constants.O_RDWR)), path };
}

/** Writes three bytes to `fd`. They arrive at `other`, which is raw and has a vmin of 3, a moment later on Linux. */
function say(scope: Scope, fd: number, other: number): void {
  const poller = scope.poller();
  poller.add(other, READABLE);
  expectNone(poller);
  sys.write(fd, Buffer.from('abc'));
  assert.is(poller.wait(5000).length, 1);
  assert.is(sys.bytesReadable(other), 3);
}

/** What stty(1) says of the terminal: words, and words with a minus. */
function stty(path: string): string[] {
  return execFileSync('stty', ['-a', '-F', path], { encoding: 'utf8' }).split(/[\s;]+/);
}

const SWITCHES: ReadonlyArray<[name: keyof sys.TerminalSettings, word: string]> = [
  ['checkParity', 'inpck'],
  ['rtscts', 'crtscts'],
  ['xon', 'ixon'],
  ['xoff', 'ixoff'],
  ['xany', 'ixany'],
  ['hupcl', 'hupcl'],
  ['local', 'clocal'],
  ['canonical', 'icanon'],
  ['echo', 'echo'],
  ['signals', 'isig'],
];

for (const [name, word] of SWITCHES) {
  linux(
    `sys:terminal-settings.1 setting ${name} changes what stty calls ${word}, and nothing else`,
    scoped((scope) => {
      const { other, path } = terminal(scope);
      const before = sys.terminalSettings(other);
      for (const on of [true, false, true]) {
        sys.setTerminalSettings(other, { [name]: on });
        assert.ok(stty(path).includes(on ? word : `-${word}`), stty(path).join(' '));
        assert.equal(sys.terminalSettings(other), { ...before, [name]: on });
      }
    }),
  );
}

linux(
  'sys:terminal-settings.2 any baud rate can be set, and stty prints those that it has in its list',
  scoped((scope) => {
    const { fd, other, path } = terminal(scope);
    for (const baudRate of [50, 134, 9600, 115200, 4000000]) {
      sys.setTerminalSettings(other, { baudRate });
      assert.is(sys.terminalSettings(fd).baudRate, baudRate);
      assert.ok(stty(path).join(' ').includes(`speed ${baudRate} baud`));
    }
    for (const baudRate of [1, 31250, 74880, 250000, 12345678, 0xffffffff]) {
      sys.setTerminalSettings(other, { baudRate });
      assert.is(sys.terminalSettings(fd).baudRate, baudRate);
    }
    sys.setTerminalSettings(other, { baudRate: 0 });
    assert.ok(stty(path).join(' ').includes('speed 0 baud'));
  }),
);

linux(
  'sys:terminal-settings.3 stty prints two stop bits as cstopb, and vmin and vtime as min and time',
  scoped((scope) => {
    const { other, path } = terminal(scope);
    sys.setTerminalSettings(other, { raw: true, stopBits: 2, vmin: 255, vtime: 7 });
    const words = stty(path).join(' ');
    for (const part of ['cstopb', 'min = 255', 'time = 7'])
      assert.ok(words.includes(part) || words.includes(part.replaceAll(' ', '')), words);
    assert.not.match(words, / -cstopb/);
    const { stopBits, vmin, vtime } = sys.terminalSettings(other);
    assert.equal([stopBits, vmin, vtime], [2, 255, 7]);
    sys.setTerminalSettings(other, { stopBits: 1 });
    assert.match(stty(path).join(' '), / -cstopb/);
  }),
);

linux(
  'sys:terminal-settings.4 a setting that a terminal does not take throws EINVAL with its name, and the former settings are restored',
  scoped((scope) => {
    const { other } = terminal(scope);
    const before = sys.terminalSettings(other);
    const refused: sys.TerminalSettings[] = [
      { dataBits: 7 },
      { dataBits: 5 },
      { parity: 'even' },
      { parity: 'odd' },
      { parity: 'mark' },
      { parity: 'space' },
      { receive: false },
    ];
    for (const settings of refused) {
      // The terminal takes the rate and the echo, and so the system call succeeds.
      const error = thrownBy(() => sys.setTerminalSettings(other, { baudRate: 1200, echo: false, ...settings }));
      assert.equal([error.code, error.syscall, error.fd], ['EINVAL', 'tcsetattr', other]);
      const [[name, value]] = Object.entries(settings) as [[string, unknown]];
      assert.match(error.message, `does not take ${name} ${String(value)}`);
      assert.equal(sys.terminalSettings(other), before);
    }
  }),
);

test(
  'sys:terminal-settings.5 raw: true lets bytes pass unchanged, other settings override it, and raw: false makes a terminal for people',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    assert.is(sys.terminalSettings(other).raw, false);
    sys.setTerminalSettings(other, { raw: true });
    const raw = sys.terminalSettings(other);
    assert.equal([raw.raw, raw.canonical, raw.echo, raw.signals, raw.xon], [true, false, false, false, false]);
    const bytes = Buffer.from([3, 4, 13, 10, 17, 19, 28, 127, 255]);
    for (const [from, to] of [
      [fd, other],
      [other, fd],
    ] as const) {
      assert.is(sys.write(from, bytes), bytes.length);
      const buffer = Buffer.alloc(64);
      const poller = scope.poller();
      poller.add(to, READABLE);
      assert.is(poller.wait(5000).length, 1);
      assert.equal(buffer.subarray(0, sys.read(to, buffer)), bytes);
    }
    sys.setTerminalSettings(other, { raw: true, xon: true, echo: true });
    const mixed = sys.terminalSettings(other);
    assert.equal([mixed.raw, mixed.xon, mixed.echo], [false, true, true]);
    sys.setTerminalSettings(other, { raw: false });
    const cooked = sys.terminalSettings(other);
    assert.equal([cooked.raw, cooked.canonical, cooked.echo, cooked.signals], [false, true, true, true]);
  }),
);

test(
  'sys:terminal-settings.6 settings that were read can be set again',
  scoped((scope) => {
    const { other } = terminal(scope);
    for (const settings of [{}, { raw: true, vmin: 0, vtime: 1 }, { baudRate: 0 }, { raw: false }]) {
      sys.setTerminalSettings(other, settings);
      const read = sys.terminalSettings(other);
      sys.setTerminalSettings(other, read);
      assert.equal(sys.terminalSettings(other), read);
    }
  }),
);

test(
  'sys:terminal-settings.7 a terminal becomes readable once it has vmin bytes',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    sys.setTerminalSettings(other, { raw: true, vmin: 3 });
    const poller = scope.poller();
    poller.add(other, READABLE);
    sys.write(fd, Buffer.from('ab'));
    expectNone(poller);
    sys.write(fd, Buffer.from('c'));
    assert.is(poller.wait(5000).length, 1);
    expectEvents(poller, [other, READABLE]);
    assert.is(sys.read(other, Buffer.alloc(8)), 3);
  }),
);

linux(
  "sys:terminal-settings.8 when: 'flush' drops input that nobody has read, 'now' and 'drain' keep it",
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    sys.setTerminalSettings(other, { raw: true, vmin: 3 });
    say(scope, fd, other);
    for (const when of ['now', 'drain', undefined] as const) sys.setTerminalSettings(other, { vtime: 1 }, { when });
    assert.is(sys.bytesReadable(other), 3);
    sys.setTerminalSettings(other, { vtime: 2 }, { when: 'flush' });
    assert.is(sys.bytesReadable(other), 0);
  }),
);

test(
  'sys:terminal-settings.9 invalid settings are refused, and the former settings stay',
  scoped((scope) => {
    const { other } = terminal(scope);
    const before = sys.terminalSettings(other);
    const set = (settings: unknown, options?: unknown) => () =>
      sys.setTerminalSettings(other, settings as sys.TerminalSettings, options as sys.SetTerminalOptions);
    for (const [name, values] of Object.entries({
      baudRate: [-1, 9600.5, NaN, 2 ** 32],
      dataBits: [4, 9],
      stopBits: [0, 1.5, 3],
      vmin: [-1, 256],
      vtime: [-1, 256],
    })) {
      for (const value of values) expectRefusal(set({ [name]: value }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(set({ [name]: '8' }), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    for (const name of ['raw', 'echo', 'rtscts', 'xon', 'hupcl'])
      expectRefusal(set({ [name]: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const settings of [undefined, null, 9600]) expectRefusal(set(settings), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const settings of [{ parity: 'Even' }, { baudrate: 9600 }, { baudRate: 300, rtsCts: true }])
      expectRefusal(set(settings), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(set({ parity: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(set({}, { when: 'later' }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(set({}, { When: 'now' }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(set({}, { when: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.equal(sys.terminalSettings(other), before);
  }),
);

/** Every call that asks or changes something of a terminal. */
const CALLS: ReadonlyArray<[name: string, call: (fd: number) => unknown]> = [
  ['terminalSettings', (fd) => sys.terminalSettings(fd)],
  ['setTerminalSettings', (fd) => sys.setTerminalSettings(fd, { echo: true })],
  ['modemLines', (fd) => sys.modemLines(fd)],
  ['setModemLines', (fd) => sys.setModemLines(fd, { dtr: true })],
  ['setBreak', (fd) => sys.setBreak(fd, true)],
  ['setExclusive', (fd) => sys.setExclusive(fd, true)],
  ['flushTerminal', (fd) => sys.flushTerminal(fd, 'input')],
  ['outputQueued', (fd) => sys.outputQueued(fd)],
  ['drainTerminal', (fd) => sys.drainTerminal(fd)],
];

for (const [name, call] of CALLS) {
  test(
    `sys:terminal-settings.10 ${name}() of a descriptor that is no terminal is ENOTTY, of a closed number EBADF`,
    scoped((scope) => {
      const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      expectSystemError(() => call(reader), 'ENOTTY', reader);
      scope.close(writer);
      expectSystemError(() => call(writer), 'EBADF', writer);
      expectRefusal(() => call(-1), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => call('0' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    }),
  );
}

test(
  'sys:terminal-settings.11 a pseudoterminal has no modem lines',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    for (const each of [fd, other]) {
      for (const call of [
        () => sys.modemLines(each),
        () => sys.setModemLines(each, { rts: false }),
        () => sys.setModemLines(each, { dtr: true, rts: true }),
      ])
        assert.match(thrownBy(call).code!, /^(ENOTTY|EINVAL)$/);
      sys.setModemLines(each, {});
    }
    expectRefusal(() => sys.setModemLines(fd, { cts: true } as object), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.setModemLines(fd, { dtr: 1 } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.setModemLines(fd, undefined as unknown as object), TypeError, 'ERR_INVALID_ARG_TYPE');
  }),
);

test(
  'sys:terminal-settings.12 flushTerminal() drops the input that nobody has read',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    sys.setTerminalSettings(other, { raw: true, vmin: 3 });
    for (const queue of ['input', 'both'] as const) {
      say(scope, fd, other);
      sys.flushTerminal(other, 'output');
      assert.is(sys.bytesReadable(other), 3);
      sys.flushTerminal(other, queue);
      assert.is(sys.bytesReadable(other), 0);
    }
    expectRefusal(() => sys.flushTerminal(other, 'all' as 'both'), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.flushTerminal(other, 0 as unknown as 'both'), TypeError, 'ERR_INVALID_ARG_TYPE');
  }),
);

linux(
  'sys:terminal-settings.13 a pseudoterminal has no output in its queue after a write, and draining it does not block',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    for (const each of [fd, other]) {
      sys.write(each, Buffer.from('abc'));
      assert.equal([sys.outputQueued(each), sys.drainTerminal(each)], [0, 0]);
    }
  }),
);

/** What happens when a user who is not root opens `path`: the exit status and the error output of a shell. */
function openElsewhere(path: string): { status: number | null; stderr: string } {
  const user = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : {};
  return spawnSync('sh', ['-c', ': < "$0"', path], { encoding: 'utf8', cwd: '/', ...user });
}

test(
  'sys:terminal-settings.14 a terminal in exclusive use cannot be opened again until that use ends',
  scoped((scope) => {
    const { other, path } = terminal(scope);
    chmodSync(path, 0o666);
    assert.is(openElsewhere(path).status, 0);
    sys.setExclusive(other, true);
    const { status, stderr } = openElsewhere(path);
    assert.ok(status !== 0 && /busy/i.test(stderr), `${status} ${stderr}`);
    sys.setExclusive(other, false);
    assert.is(openElsewhere(path).status, 0);
    expectRefusal(() => sys.setExclusive(other, 1 as unknown as boolean), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.setBreak(other, 1 as unknown as boolean), TypeError, 'ERR_INVALID_ARG_TYPE');
  }),
);
