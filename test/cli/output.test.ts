import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { backends } from 'pollux';
import { pollux, polluxInShell } from '../support/command.js';
import { withModules } from '../support/modules.js';
import { suite } from '../support/suite.js';
import { CLI } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('cli-output');

const PRINTING = [
  '--help',
  '--version',
  'info',
  'info --json',
  'conformance --list',
  'conformance --filter timeout.10',
  'conformance --filter timeout.10 --reporter json',
  'conformance --filter register',
  'lab --lessons',
  'lab --lesson edge-drain',
  'lab --lesson edge-drain --svg',
  'echo --port 0',
  'echo --port 0 --loop host',
];

test('cli:output.1 a stdout without space ends the command with one line on stderr and exit status 1', () => {
  for (const args of PRINTING) {
    const { stderr, status } = polluxInShell(`$pollux ${args} > /dev/full`);
    assert.is(status, 1, args);
    assert.match(stderr, /^pollux: standard output cannot be written to: .*\n$/, args);
  }
});

test('cli:output.2 a stdout that nobody reads ends the command silently with exit status 1', () => {
  for (const args of PRINTING) {
    // The reader of the FIFO is gone before the command begins.
    const { stderr, status } = polluxInShell(`
      folder=$(mktemp -d) && mkfifo "$folder/fifo" || exit 9
      exec 3<> "$folder/fifo" 4> "$folder/fifo" 3>&-
      rm -r "$folder"
      $pollux ${args} >&4 4>&-`);
    assert.equal([status, stderr], [1, ''], args);
  }
});

test('cli:output.3 a run whose stdout nobody reads leaves no temporary folder', async () => {
  await withModules({}, async (TMPDIR) => {
    polluxInShell('$pollux conformance --filter register > /dev/full', { TMPDIR });
    assert.equal(readdirSync(TMPDIR), []);
  });
});

test.unless(on('deno', 'Deno installs the handler of a signal some time after process.on()'))(
  'cli:output.8 a run that a signal ends has the exit status of shells for that signal, and leaves no temporary folder',
  async () => {
    await withModules({}, async (TMPDIR) => {
      for (const [signal, status] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        const child = spawn(process.execPath, [CLI, 'conformance'], {
          env: { ...process.env, TMPDIR },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.stdout.once('data', () => child.kill(signal)).resume();
        const [code, by] = (await once(child, 'close')) as [number | null, string | null];
        assert.equal([code, by, readdirSync(TMPDIR)], [status, null, []]);
      }
    });
  },
);

test('cli:output.4 a stderr without space does not change the exit status', () => {
  assert.is(polluxInShell('$pollux nope 2> /dev/full').status, 2);
});

test('cli:output.5 info --json prints lists, numbers, and null for unknown values', () => {
  const { stdout, stderr, status } = pollux(['info', '--json']);
  assert.equal([stderr, status], ['', 0]);
  const info = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(info['backends'], backends());
  assert.ok((info['capabilities'] as string[]).includes('oneshot'));
  assert.ok(Array.isArray(info['lacks']));
  for (const name of ['timeout resolution', 'descriptors', 'descriptors at most', 'epoll watches', 'listen backlog']) {
    assert.ok(info[name] === null || Number.isInteger(info[name]), `${name}: ${String(info[name])}`);
  }
  assert.is(typeof info['timeout resolution'], 'number');
  assert.is(info['problem'], null);
  for (const name of ['pollux', 'runtime', 'platform', 'binary', 'made from'])
    assert.is(typeof info[name], 'string', name);
});

test('cli:output.6 info without an addon prints the problem and no backend', () => {
  const env = { POLLUX_BINDING: '/nowhere/pollux.node' };
  const { stdout, status } = pollux(['info', '--json'], env);
  assert.is(status, 0);
  const info = JSON.parse(stdout) as Record<string, unknown>;
  const { backends: none, capabilities, lacks, binary } = info;
  assert.equal(
    [none, capabilities, lacks, binary, info['timeout resolution'], info['made from']],
    [[], [], [], null, null, null],
  );
  assert.match(info['problem'] as string, '/nowhere/pollux.node');
  assert.match(pollux(['info'], env).stdout, /^backends +none$/m);
});

test('cli:output.7 the table of info fits into 80 columns, except for paths', () => {
  for (const env of [{}, { POLLUX_BINDING: '/nowhere/pollux.node' }]) {
    for (const line of pollux(['info'], env).stdout.split('\n')) {
      assert.ok(line.length <= 80 || /^\S*( \S+)*\s+\S+$/.test(line), line);
    }
  }
});
