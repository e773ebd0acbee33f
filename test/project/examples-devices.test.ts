import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import {
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { EXAMPLES, startExample } from '../support/example.js';
import { ptyPair } from '../support/kinds.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('examples-devices');

/** The master of a new pseudoterminal in raw mode, and the path of the other side. */
function terminal(scope: Scope): { master: number; path: string } {
  const [slave, master] = ptyPair(scope);
  return { master, path: readlinkSync(`/proc/self/fd/${slave}`) };
}

/** The next `length` characters that come. */
async function hear(fd: number, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    await once(fd, READABLE);
    const buffer = Buffer.alloc(length - text.length);
    text += buffer.toString('latin1', 0, Math.max(0, sys.read(fd, buffer)));
  }
  return text;
}

async function say(fd: number, text: string): Promise<void> {
  for (let rest = Buffer.from(text, 'latin1'); rest.length > 0; ) {
    const written = sys.write(fd, rest);
    if (written === sys.WOULD_BLOCK) await once(fd, WRITABLE);
    else rest = rest.subarray(written);
  }
}

test(
  'project:examples-devices.1 terminal carries both directions until Ctrl-] is typed',
  scoped(async (scope) => {
    const { master, path } = terminal(scope);
    await using example = startExample('terminal.mjs', path);
    example.child.stdin!.write('who are you?\n');
    assert.is(await hear(master, 13), 'who are you?\n');
    const long = `${'long'.repeat(100_000)}\n`;
    const [answer] = await Promise.all([example.line(), say(master, long)]);
    assert.ok(`${answer}\n` === long);
    example.child.stdin!.write(long);
    assert.ok((await hear(master, long.length)) === long);
    example.child.stdin!.write('bye\x1dnot this');
    assert.is(await hear(master, 3), 'bye');
    assert.equal(await example.ended, [0, null]);
  }),
);

test(
  'project:examples-devices.2 terminal prints the last data of a device that goes away after the end of its own input',
  scoped(async (scope) => {
    const { master, path } = terminal(scope);
    await using example = startExample('terminal.mjs', path);
    example.child.stdin!.end('exit\n');
    assert.is(await hear(master, 5), 'exit\n');
    await say(master, 'goodbye\n');
    assert.is(await example.line(), 'goodbye');
    scope.close(master);
    assert.equal(await example.ended, [0, null]);
  }),
);

test(
  'project:examples-devices.3 serial-line asks again when no answer comes, and joins the parts of an answer',
  scoped(async (scope) => {
    const { master, path } = terminal(scope);
    await using example = startExample('serial-line.mjs', path, 'ID', 'TEMP');
    assert.is(await hear(master, 4), 'ID\r\n');
    assert.is(await example.line(), 'ID: no answer, once more');
    assert.is(await hear(master, 4), 'ID\r\n');
    await say(master, 'THERMO');
    await say(master, 'METER\r\n');
    assert.is(await example.line(), 'ID: THERMOMETER');
    assert.is(await hear(master, 6), 'TEMP\r\n');
    await say(master, '21\n');
    assert.is(await example.line(), 'TEMP: 21');
    assert.equal(await example.ended, [0, null]);
  }),
);

test('project:examples-devices.4 serial-line talks to the device that it simulates', async () => {
  await using played = startExample('serial-line.mjs', '--device');
  const path = await played.line();
  for (let session = 1; session <= 2; session++) {
    await using example = startExample('serial-line.mjs', path, 'ID', 'TEMP', 'OTHER');
    assert.is(await answerOf(example), 'ID: THERMOMETER 1');
    assert.is(await answerOf(example), 'TEMP: 21.5');
    assert.is(await answerOf(example), 'OTHER: ERROR');
    assert.equal(await example.ended, [0, null]);
  }
});

/** The output after the attempts that the device has not heard yet. */
async function answerOf(example: { line(): Promise<string> }): Promise<string> {
  let line = await example.line();
  while (line.endsWith('no answer, once more')) line = await example.line();
  return line;
}

test('project:examples-devices.6 terminal runs a program on the pseudoterminal, and ends with the program', async () => {
  await using example = startExample(
    'terminal.mjs',
    '--',
    'sh',
    '-c',
    'test -t 0 && echo "$(stty size) $(tty </dev/tty)"; read -r line; echo "said $line"',
  );
  assert.match(await example.line(), /^24 80 \/dev\/tty\r$/);
  example.child.stdin!.write('hello\n');
  assert.is(await example.line(), 'hello\r');
  assert.is(await example.line(), 'said hello\r');
  assert.equal(await example.ended, [0, null]);
});

test('project:examples-devices.7 terminal hangs up on its program when the user leaves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-terminal-'));
  const trace = join(folder, 'trace');
  execFileSync('mkfifo', [trace]);
  await using example = startExample(
    'terminal.mjs',
    '--',
    'sh',
    '-c',
    `trap 'echo hung up >${trace}; exit' HUP; echo ready; while :; do sleep 0.01; done`,
  );
  assert.is(await example.line(), 'ready\r');
  example.child.stdin!.write('\x1d');
  assert.is(readFileSync(trace, 'utf8'), 'hung up\n');
  assert.equal(await example.ended, [0, null]);
  rmSync(folder, { recursive: true });
});

test('project:examples-devices.8 watch-directory prints what is made, written, moved and removed, and ends with its directory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-watched-'));
  const [a, b, inner] = ['a', 'b', 'inner'].map((name) => join(folder, name)) as [string, string, string];
  await using example = startExample('watch-directory.mjs', folder);
  assert.is(await example.line(), `watching ${folder}`);
  writeFileSync(a, 'text');
  renameSync(a, b);
  mkdirSync(inner);
  rmSync(b);
  rmSync(folder, { recursive: true });
  for (const line of ['+ a', '= a', '- a (moved)', '+ b (moved)', '+ inner/', '- b', '- inner/'])
    assert.is(await example.line(), line);
  assert.equal(await example.ended, [0, null]);
});

test('project:examples-devices.9 serial-line sets the line to 9600 bits a second, and lets bytes pass unchanged', async () => {
  await using played = startExample('serial-line.mjs', '--device');
  const fd = sys.open(await played.line(), constants.O_RDWR);
  const { baudRate, dataBits, parity, stopBits, raw } = sys.terminalSettings(fd);
  sys.close(fd);
  assert.equal([baudRate, dataBits, parity, stopBits, raw], [9600, 8, 'none', 1, true]);
});

test('project:examples-devices.10 pidfd-watch tells the end of a process that is not its child', async () => {
  const process = spawn('sleep', ['1000']);
  await using example = startExample('pidfd-watch.mjs', String(process.pid), '2147483647');
  assert.is(await example.line(), `${process.pid} runs`);
  assert.is(await example.line(), '2147483647 is not there');
  process.kill('SIGKILL');
  assert.is(await example.line(), `${process.pid} has ended`);
  assert.equal(await example.ended, [0, null]);
});

test('project:examples-devices.11 ticks counts the periods of a timer, and a thread ends it', async () => {
  await using example = startExample('ticks.mjs', '20', '3');
  for (let tick = 1; tick <= 3; tick++)
    assert.match(await example.line(), new RegExp(`^tick ${tick}(, \\d+ missed)?$`));
  assert.is(await example.line(), 'over');
  assert.equal(await example.ended, [0, null]);
});

const PRESSURE = 'project:examples-devices.12 psi-pressure prints the pressure when tasks wait for the processor';
const pressure = lackOfPressure();
if (pressure !== undefined) {
  test.gate(PRESSURE, pressure);
} else {
  test(PRESSURE, async () => {
    await using example = startExample('psi-pressure.mjs', 'cpu', '1', '2000');
    assert.is(await example.line(), 'watching /proc/pressure/cpu');
    const loops = Array.from({ length: availableParallelism() + 2 }, () => spawn('sh', ['-c', 'while :; do :; done']));
    try {
      assert.match(await example.line(), /^cpu: some avg10=[\d.]+ /);
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
    }
  });
}

/** Why no trigger for pressure can be set here; undefined where one can. */
function lackOfPressure(): string | undefined {
  try {
    const fd = sys.open('/proc/pressure/cpu', constants.O_RDWR);
    try {
      sys.write(fd, Buffer.from('some 1000 2000000\0'));
    } finally {
      sys.close(fd);
    }
    return undefined;
  } catch (error) {
    return `this kernel takes no trigger of pressure here: ${(error as Error).message}`;
  }
}

const MOUNTS = 'project:examples-devices.5 watch-mounts prints what is mounted and unmounted';
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;
if (!canMount) {
  test.gate(MOUNTS, 'mounting is not allowed here (unshare -rm mount)');
} else {
  test(MOUNTS, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pollux-mount-'));
    const script = '"$0" "$1" & while read -r command; do eval "$command"; done; kill $!';
    const shell = spawn('unshare', ['-rm', 'sh', '-c', script, process.execPath, join(EXAMPLES, 'watch-mounts.mjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(shell.stdout!)[Symbol.asyncIterator]();
    assert.match((await lines.next()).value, /^\d+ mounted$/);
    shell.stdin!.write(`mount -t tmpfs pollux ${folder}\n`);
    assert.is((await lines.next()).value, `+ pollux ${folder} tmpfs`);
    shell.stdin!.write(`umount ${folder}\n`);
    assert.is((await lines.next()).value, `- pollux ${folder} tmpfs`);
    shell.stdin!.end();
    await onceEmitted(shell, 'exit');
    rmSync(folder, { recursive: true });
  });
}
