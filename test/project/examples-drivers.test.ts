import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, runConformance } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { pollux } from '../support/command.js';
import { blocksOf } from '../support/pages.js';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('examples-drivers', { needs: ['node', 'kernel'] });

const FOLDER = join(ROOT, 'examples', 'drivers');
const GUIDE = 'docs/guides/test-your-own-poller.md';
const MOST_LINES = 160;
/** Clauses that hold on every version of every library. */
const FILTER =
  'register.1,register.2,register.15,register.16,level,writable.1,listener.1,timeout.1,timeout.2,close.8,limits.4';

interface Kind {
  readonly name: string;
  /** What pkg-config calls the library. */
  readonly library?: string;
  /** A header, where there is no file for pkg-config. */
  readonly header?: string;
  readonly install?: string;
}

const IN_C: readonly Kind[] = [
  { name: 'epoll' },
  { name: 'poll' },
  { name: 'libevent', library: 'libevent', install: 'libevent-dev' },
  { name: 'libev', header: '/usr/include/ev.h', install: 'libev-dev' },
  { name: 'libuv', library: 'libuv', install: 'libuv1-dev' },
  { name: 'glib', library: 'glib-2.0', install: 'libglib2.0-dev' },
  { name: 'apr', library: 'apr-1', install: 'libapr1-dev' },
];
const IN_PYTHON = ['py_epoll', 'py_poll', 'py_selectors'];

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Why a driver cannot be built here: the command that installs what is missing. */
function whyNotBuilt({ library, header, install }: Kind): string | undefined {
  if (process.platform !== 'linux') return 'the drivers in C are those of Linux';
  if (!works('make', '--version') || !works('cc', '--version')) return 'no C compiler: apt-get install build-essential';
  if (library !== undefined && !works('pkg-config', '--exists', library))
    return `no ${library}: apt-get install pkg-config ${install}`;
  return header === undefined || existsSync(header) ? undefined : `no ${header}: apt-get install ${install}`;
}

/** Python has socket.recv_fds() since 3.9. */
const whyNoPython = works('python3', '-c', 'import socket; socket.recv_fds')
  ? undefined
  : 'no Python 3.9 or newer: apt-get install python3';

function failuresOf({ results }: Report): string[] {
  return results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`);
}

async function keepsTheBasics(command: string): Promise<void> {
  const report = await runConformance({ driver: `exec ${command}`, filter: FILTER, timeoutMs: 30_000 });
  assert.equal(failuresOf(report), []);
  assert.ok(report.passed > 12, `${report.passed} passed`);
}

for (const kind of IN_C) {
  test.unless(whyNotBuilt(kind))(
    `project:examples-drivers.1 ${kind.name}.c builds without a warning, and its poller keeps the clauses that every poller keeps`,
    async () => {
      const { status, stderr } = spawnSync('make', ['-C', FOLDER, kind.name], { encoding: 'utf8' });
      assert.equal([status, stderr], [0, '']);
      await keepsTheBasics(join(FOLDER, 'build', kind.name));
    },
  );
}

for (const name of IN_PYTHON) {
  test.unless(whyNoPython)(
    `project:examples-drivers.2 the poller of ${name}.py keeps the clauses that every poller keeps`,
    () => keepsTheBasics(`python3 '${join(FOLDER, `${name}.py`)}'`),
  );
}

test.unless(whyNotBuilt(IN_C[0]!))(
  'project:examples-drivers.3 several threads use a poller behind a driver, and signals interrupt its waits',
  async () => {
    assert.is(spawnSync('make', ['-C', FOLDER, 'epoll']).status, 0);
    const driver = `exec ${join(FOLDER, 'build', 'epoll')}`;
    const report = await runConformance({
      driver,
      filter: 'threads,wake,signals,nested,edge,limits',
      timeoutMs: 30_000,
    });
    assert.equal(failuresOf(report), []);
    const passed = report.results.filter(({ outcome }) => outcome === 'passed').map(({ group }) => group);
    assert.equal([...new Set(passed)].sort(), ['edge', 'limits', 'nested', 'signals', 'threads', 'wake']);
  },
);

test('project:examples-drivers.4 each driver is about a page, and begins with the command to try it', () => {
  const files = readdirSync(FOLDER).filter((file) => /\.(c|py)$/.test(file) && !file.startsWith('driver.'));
  assert.equal(files.sort(), [...IN_C.map(({ name }) => `${name}.c`), ...IN_PYTHON.map((name) => `${name}.py`)].sort());
  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    assert.ok(text.split('\n').length <= MOST_LINES, `${file} has ${text.split('\n').length} lines`);
    const command = file.endsWith('.py')
      ? `python3 examples/drivers/${file}`
      : `examples/drivers/build/${file.slice(0, -2)}`;
    assert.match(text.slice(0, 500), `npx pollux conformance --driver`);
    assert.match(text.slice(0, 500), command);
  }
});

test('project:examples-drivers.5 the driver of the guide is the example file', () => {
  const [block] = blocksOf(GUIDE).filter(({ language }) => language === 'python');
  assert.is(block!.text, readFileSync(join(FOLDER, 'py_poll.py'), 'utf8'));
});

test.unless(whyNoPython)('project:examples-drivers.6 the suite prints what the guide says', () => {
  const driver = `exec python3 '${join(FOLDER, 'py_poll.py')}'`;
  const printed = pollux([
    'conformance',
    '--driver',
    driver,
    '--filter',
    'register.1,register.2,register.3,register.4,pause.2',
  ]);
  const lasting = (text: string): string[] =>
    text.split('\n').map((line) =>
      line
        .replace(/ \d+ ms$/, '')
        .replace(/'\d+ /g, "'FD ")
        .replace(/\(node.*\)$/, '(…)'),
    );
  const lines = lasting(printed.stdout);
  const [excerpt] = blocksOf(GUIDE).filter(({ language }) => language === 'text');
  for (const line of lasting(excerpt!.text.trimEnd()).filter((each) => each !== '…'))
    assert.ok(lines.includes(line), `not printed: ${line}\n${printed.stdout}${printed.stderr}`);
});
