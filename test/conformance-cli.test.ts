import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clauses, type Report } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.js';

const test = suite('conformance-cli');
const MAIN = join(resolve(__dirname, '..', '..'), 'dist', 'cli', 'main.js');

function run(args: string[], env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [MAIN, 'conformance', ...args], {
    encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000,
  });
}

/** Writes modules that exports a poller of somebody's, and runs `body` with their folder. */
function withModules(files: Readonly<Record<string, string>>, body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-modules-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('cli.1 --list prints every clause with its promise and what it needs', () => {
  const { stdout, status } = run(['--list']);
  assert.is(status, 0);
  const lines = stdout.trim().split('\n');
  assert.is(lines.length, clauses.length);
  for (const [index, { id, promise, needs }] of clauses.entries()) {
    assert.is(lines[index], [id, promise, ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`])].join('\t'));
  }
});

test('cli.2 the exit status is 0 when all that was selected is kept', () => {
  const { stdout, status } = run(['--filter', 'timeout.10,close']);
  assert.is(status, 0);
  assert.match(stdout, /11 passed, 0 failed in /);
});

test('cli.3 the exit status is 1 when something failed, and when nothing ran', () => {
  const files = { 'broken.cjs': 'exports.createPoller = () => { throw new Error("broken"); };' };
  withModules(files, (folder) => {
    const { stderr, status } = run(['--module', join(folder, 'broken.cjs')]);
    assert.is(status, 1);
    assert.match(stderr, /broken/);
  });
  const pollux = JSON.stringify(require.resolve('pollux'));
  const bare = `exports.createPoller = (options) => require(${pollux}).createPoller(options);`;
  withModules({ 'bare.cjs': bare }, (folder) => {
    const { stdout, stderr, status } = run(['--module', join(folder, 'bare.cjs'), '--filter', 'threads']);
    assert.match(stdout, /^0 passed, 0 failed, 16 gated in /m);
    assert.equal([stderr, status], ['pollux: no clause ran\n', 1]);
  });
});

test('cli.4 --module takes a CommonJS or an ES module by its path', () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  const files = {
    'own.cjs': `exports.createPoller = (options) => require(${pollux}).createPoller(options);`,
    'own.mjs': `import pollux from ${pollux}; export const createPoller = (options) => pollux.createPoller(options);`,
  };
  withModules(files, (folder) => {
    for (const name of Object.keys(files)) {
      const { stdout, status, stderr } = run(['--module', join(folder, name), '--filter', 'level', '--reporter', 'json']);
      assert.is(status, 0, stderr);
      assert.is((JSON.parse(stdout) as Report).passed, 11);
    }
  });
});

test('cli.5 a gate prints what is missing', () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  withModules({ 'own.cjs': `exports.createPoller = (options) => require(${pollux}).createPoller(options);` }, (folder) => {
    const { stdout } = run(['--module', join(folder, 'own.cjs'), '--filter', 'threads.1,timeout.10']);
    assert.match(stdout, /gated: the module exports no share\(\) and attachPoller\(\)/);
  });
});

test('cli.6 a command line that is not understood is exit status 2', () => {
  const wrong = [
    ['--filter', 'nothing'], ['--filter', 'close,nothing'], ['--filter', 'close,'], ['--module', 'no-such-file.js'],
    ['--reporter', 'xml'], ['--module', MAIN, '--backend', 'epoll'], ['--nope'],
  ];
  for (const args of wrong) assert.is(run(args).status, 2, args.join(' '));
});

test('cli.7 colour is for terminals, and FORCE_COLOR', () => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const args = ['--filter', 'timeout.10'];
  assert.not.match(run(args, { ...env, FORCE_COLOR: '0' }).stdout, /\x1b\[/);
  assert.match(run(args, { ...env, FORCE_COLOR: '1' }).stdout, /\x1b\[32m✔/);
});
