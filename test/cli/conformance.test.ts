import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clauses, type Report } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { type Ended, pollux } from '../support/command.js';
import { withModules } from '../support/modules.js';
import { suite } from '../support/suite.js';
import { parseXml } from '../support/xml.js';
import { CLI } from '../support/paths.js';
import { RUNTIME } from '../support/runtime.js';

const test = suite('conformance-cli', { needs: ['kernel'] });

const run = (args: string[], env: NodeJS.ProcessEnv = {}): Ended => pollux(['conformance', ...args], env);

test('cli:conformance.1 --list prints every clause with its promise and what it needs', () => {
  const { stdout, status } = run(['--list']);
  assert.is(status, 0);
  const lines = stdout.trim().split('\n');
  assert.is(lines.length, clauses.length);
  for (const [index, { id, promise, needs }] of clauses.entries()) {
    assert.is(lines[index], [id, promise, ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`])].join('\t'));
  }
});

test('cli:conformance.2 the exit status is 0 when every selected clause passes', () => {
  const { stdout, status } = run(['--filter', 'timeout.10,close']);
  assert.is(status, 0);
  assert.match(stdout, /11 passed, 0 failed in /);
});

test('cli:conformance.3 the exit status is 1 when a clause fails, and when no clause runs', async () => {
  const files = { 'broken.cjs': 'exports.createPoller = () => { throw new Error("broken"); };' };
  await withModules(files, (folder) => {
    const { stderr, status } = run(['--module', join(folder, 'broken.cjs')]);
    assert.is(status, 1);
    assert.match(stderr, /^pollux: broken\n +at .*broken\.cjs:1:[0-9]+\)?\n$/);
  });
  const pollux = JSON.stringify(require.resolve('pollux'));
  const bare = `exports.createPoller = (options) => require(${pollux}).createPoller(options);`;
  await withModules({ 'bare.cjs': bare }, (folder) => {
    const { stdout, stderr, status } = run(['--module', join(folder, 'bare.cjs'), '--filter', 'threads']);
    assert.match(stdout, /^0 passed, 0 failed, 17 gated in /m);
    assert.equal([stderr, status], ['pollux: no clause ran\n', 1]);
  });
});

test('cli:conformance.4 --module takes a CommonJS or an ES module by its path', async () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  const files = {
    'own.cjs': `exports.createPoller = (options) => require(${pollux}).createPoller(options);`,
    'own.mjs': `import pollux from ${pollux}; export const createPoller = (options) => pollux.createPoller(options);`,
  };
  await withModules(files, (folder) => {
    for (const name of Object.keys(files)) {
      const { stdout, status, stderr } = run([
        '--module',
        join(folder, name),
        '--filter',
        'level',
        '--reporter',
        'json',
      ]);
      assert.is(status, 0, stderr);
      assert.is((JSON.parse(stdout) as Report).passed, 11);
    }
  });
});

test('cli:conformance.5 a gated clause is printed with the reason', async () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  await withModules(
    { 'own.cjs': `exports.createPoller = (options) => require(${pollux}).createPoller(options);` },
    (folder) => {
      const { stdout } = run(['--module', join(folder, 'own.cjs'), '--filter', 'threads.1,timeout.10']);
      assert.match(stdout, /gated: the module exports no share\(\) and attachPoller\(\)/);
    },
  );
});

test('cli:conformance.6 an invalid command line ends with exit status 2', () => {
  const wrong = [
    ['--filter', 'nothing'],
    ['--filter', 'close,nothing'],
    ['--filter', 'close,'],
    ['--module', 'no-such-file.js'],
    ['--module', '.'],
    ['--reporter', 'xml'],
    ['--module', CLI, '--backend', 'epoll'],
    ['--driver', 'true', '--backend', 'epoll'],
    ['--driver', 'true', '--module', CLI],
    ['--driver'],
    ['--nope'],
  ];
  for (const args of wrong) assert.is(run(args).status, 2, args.join(' '));
  assert.match(run(['--module', __dirname]).stderr, /^pollux: --module: .* is a directory; name the file/);
});

test('cli:conformance.7 the output has colour on a terminal or with FORCE_COLOR, and nowhere else', () => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const args = ['--filter', 'timeout.10'];
  assert.not.match(run(args, { ...env, FORCE_COLOR: '0' }).stdout, /\x1b\[/);
  assert.match(run(args, { ...env, FORCE_COLOR: '1' }).stdout, /\x1b\[32m✔/);
});

test('cli:conformance.8 a module that takes long to load is announced, and runs once it is loaded', async () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  const slow = `
    const path = require('node:path').join(__dirname, 'go');
    while (!require('node:fs').existsSync(path)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    exports.createPoller = (options) => require(${pollux}).createPoller(options);`;
  await withModules({ 'slow.cjs': slow }, async (folder) => {
    const child = spawn(
      process.execPath,
      [CLI, 'conformance', '--module', join(folder, 'slow.cjs'), '--filter', 'timeout.10'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      writeFileSync(join(folder, 'go'), '');
    });
    const status = await new Promise((done) => child.on('close', done));
    assert.match(
      stderr,
      /^pollux: .*slow\.cjs is still loading, or its createPoller\(\) has not returned; it is given 30 s\n$/,
    );
    assert.is(status, 0);
  });
});

test('cli:conformance.9 --filter may be repeated, and a clause runs if any filter selects it', () => {
  const { stdout, status } = run([
    '--filter',
    'timeout.10',
    '--filter',
    'close.1,close.2',
    '--filter=timeout.10',
    '--reporter',
    'json',
  ]);
  assert.is(status, 0);
  assert.equal(
    (JSON.parse(stdout) as Report).results.map(({ id }) => id),
    ['timeout.10', 'close.1', 'close.2'],
  );
  const second = run(['--filter', 'close', '--filter', 'nothing']);
  assert.equal(
    [second.status, second.stderr.split('\n')[0]],
    [2, 'pollux: --filter: "nothing" is neither a clause nor a group. --list shows them'],
  );
});

test('cli:conformance.10 --list --reporter json prints the clauses as JSON, and other reporters refuse --list', () => {
  const { stdout, status } = run(['--list', '--reporter', 'json', '--filter', 'edge']);
  assert.is(status, 0);
  const listed = JSON.parse(stdout) as { id: string; group: string; promise: string; needs: string[] }[];
  const expected = clauses
    .filter(({ id }) => id.startsWith('edge.'))
    .map(({ id, title, promise, needs }) => ({ id, group: 'edge', title, promise, needs: [...needs] }));
  assert.equal(listed, expected);
  assert.is(run(['--list', '--reporter', 'tap']).status, 2);
});

/** A poller that breaks the promises of modify(). */
const BROKEN = `
  const pollux = require(${JSON.stringify(require.resolve('pollux'))});
  exports.createPoller = (options) => Object.assign(pollux.createPoller(options), { modify() {} });`;

test('cli:conformance.11 --bail ends the run at the first clause that fails, and every reporter says so', async () => {
  await withModules({ 'broken.cjs': BROKEN }, (folder) => {
    const bail = (reporter: string): { stdout: string; status: number | null } =>
      run(['--module', join(folder, 'broken.cjs'), '--filter', 'modify,close', '--bail', '--reporter', reporter]);
    const report = JSON.parse(bail('json').stdout) as Report;
    assert.equal([report.failed, report.results.at(-1)!.outcome], [1, 'failed']);
    const left = report.total - report.results.length;
    assert.ok(left >= 11, `${left} not run`);
    for (const reporter of ['spec', 'markdown']) assert.match(bail(reporter).stdout, `, ${left} not run`);
    assert.match(bail('tap').stdout, `\nBail out! ${left} clauses were not run\n`);
    const { stdout, status } = bail('junit');
    assert.is(status, 1);
    assert.equal(
      [parseXml(stdout.trim()).attributes['tests'], parseXml(stdout.trim()).attributes['failures']],
      [String(report.results.length), '1'],
    );
  });
});

test('cli:conformance.12 --bail changes nothing where nothing fails', () => {
  const { stdout, status } = run(['--filter', 'timeout.10,close', '--bail']);
  assert.is(status, 0);
  assert.match(stdout, /11 passed, 0 failed in /);
});

/** When an import does not parse, Deno names the file that imports it and not the file itself. */
const IN_REQUIRED = RUNTIME !== 'deno' ? 'wrong.cjs:2' : 'requires.cjs:1';

test('cli:conformance.13 a module with a syntax error, in itself or in an import, is reported with file and line', async () => {
  const files = {
    'wrong.cjs': 'exports.createPoller = () => {\n  return ];\n};',
    'wrong.mjs': 'export const createPoller = () => {\n  return ];\n};',
    'requires.cjs': 'require("./wrong.cjs");',
    'imports.mjs': 'import "./wrong.mjs";',
    'twice.mjs': 'const a = 1;\nconst a = 2;\nexport {};',
  };
  await withModules(files, (folder) => {
    const places = {
      'wrong.cjs': 'wrong.cjs:2',
      'wrong.mjs': 'wrong.mjs:2',
      'requires.cjs': IN_REQUIRED,
      'imports.mjs': 'wrong.mjs:2',
      'twice.mjs': 'twice.mjs:2',
    };
    for (const [name, place] of Object.entries(places)) {
      const { stdout, stderr, status } = run(['--module', join(folder, name), '--filter', 'timeout.10']);
      assert.equal([status, stdout], [1, ''], name);
      assert.match(stderr, /^pollux: .*syntax ?error/i, name);
      assert.ok(stderr.includes(`/${place}`), stderr);
      assert.not.match(stderr, /node:internal/);
    }
  });
});
