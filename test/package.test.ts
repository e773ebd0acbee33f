import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import * as pollux from 'pollux';
import * as conformance from 'pollux/conformance';
import * as sys from 'pollux/sys';
import { suite } from './support/suite.js';

const test = suite('package');
const ROOT = resolve(__dirname, '..', '..');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');

function run(args: string[], env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 120_000 });
}

test('package.1 import and require see the same names and the same objects', () => {
  for (const [name, module] of Object.entries({ pollux, 'pollux/sys': sys, 'pollux/conformance': conformance })) {
    const script = `
      import * as esm from '${name}';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('${name}');
      const same = Object.keys(cjs).every((key) => esm[key] === cjs[key]);
      console.log(JSON.stringify([Object.keys(esm).sort(), same]));`;
    const { stdout, stderr } = run(['--input-type=module', '-e', script]);
    assert.is(stderr, '');
    assert.equal(JSON.parse(stdout), [Object.keys(module).filter((key) => key !== 'default').sort(), true]);
  }
});

test('package.2 importing loads no addon, so it cannot fail for the lack of one', () => {
  const script = `
    require('pollux'); require('pollux/sys'); require('pollux/conformance');
    const loaded = process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'));
    console.log(JSON.stringify(loaded));`;
  const { stdout } = run(['-e', script], { POLLUX_BINDING: '/nowhere/pollux.node' });
  assert.is(stdout, '[]\n');
});

test('package.9 require reads two files, and makes what is used', () => {
  const script = `
    const { createPoller } = require('pollux');
    const streams = process.moduleLoadList.includes('NativeModule stream');
    console.log(JSON.stringify([Object.keys(require.cache).map((file) => require('node:path').basename(file)).sort(), streams]));`;
  const { stdout } = run(['-e', script]);
  assert.equal(JSON.parse(stdout), [['index.js', 'package.js'], false]);
});

test('package.3 without an addon createPoller says where it looked and what builds it', () => {
  const script = `
    const { backends, createPoller } = require('pollux');
    console.log(JSON.stringify(backends()));
    try { createPoller(); } catch (error) { console.log(error.code); console.log(error.message); }`;
  const { stdout } = run(['-e', script], { POLLUX_BINDING: '/nowhere/pollux.node' });
  const [available, code, message] = stdout.split('\n');
  assert.is(available, '[]');
  assert.is(code, 'ERR_BINDING_NOT_FOUND');
  for (const part of ['/nowhere/pollux.node', process.platform, process.arch, 'node-gyp rebuild']) {
    assert.ok(message!.includes(part), `${message} names ${part}`);
  }
});

test('package.8 an addon that does not load is reported by pollux info and by createPoller', () => {
  const broken = join(__dirname, 'broken.node');
  writeFileSync(broken, 'no addon');
  const info = run([CLI, 'info', '--json'], { POLLUX_BINDING: broken });
  const report = JSON.parse(info.stdout) as Record<string, unknown>;
  assert.equal([report['backends'], report['binary']], [[], null]);
  assert.match(report['problem'] as string, /broken\.node cannot be loaded: /);
  const script = "try { require('pollux').createPoller(); } catch (error) { console.log(error.code); }";
  assert.is(run(['-e', script], { POLLUX_BINDING: broken }).stdout, 'ERR_BINDING_NOT_FOUND\n');
  rmSync(broken);
});

test('package.4 an addon that counts other bits is refused when it loads', () => {
  const script = `
    const Module = require('node:module');
    const load = Module._extensions['.node'];
    Module._extensions['.node'] = (module, file) => {
      load(module, file);
      module.exports = { ...module.exports, bits: { ...module.exports.bits, READABLE: 2, NEWER: 4096 } };
    };
    try { require('pollux').createPoller(); } catch (error) { console.log(error.message); }`;
  const { stdout } = run(['-e', script]);
  assert.match(stdout, /does not belong to this version of pollux: READABLE, NEWER differ/);
});

test('package.5 the types allow what the README does, strictly', () => {
  const poller: pollux.Poller<{ name: string }> = pollux.createPoller<{ name: string }>({ capacity: 16 });
  const [reader, writer] = sys.pipe();
  poller.add(reader, pollux.READABLE, { name: 'reader' });
  sys.write(writer, new Uint8Array(1));
  const names = [...poller.wait(1000)].map((event: pollux.PollEvent<{ name: string }>) => event.data?.name);
  assert.equal(names, ['reader']);
  poller.close();
  sys.close(reader);
  sys.close(writer);
});

test('package.6 pollux info names the binary in use, the backend and the limits', () => {
  const { stdout, status } = run([CLI, 'info', '--json']);
  assert.is(status, 0);
  const info = JSON.parse(stdout) as Record<string, unknown>;
  assert.match(info['binary'] as string, /\.node$/);
  assert.equal(info['backends'], pollux.backends());
  assert.equal((info['capabilities'] as string[]).slice(0, 2), ['edge', 'oneshot']);
  assert.ok(info['descriptors'] === null || (info['descriptors'] as number) > 0);
});

test('package.7 a command line that is not understood: one line says why, one where the usage is, and the exit status is 2', () => {
  const wrong: readonly [args: string[], message: RegExp][] = [
    [[], /no command given/],
    [['serve'], /unknown command "serve"/],
    [['echo', '--mode', 'sideways'], /--mode must be one of level, edge, oneshot, not "sideways"/],
    [['echo', '--port', '70000'], /--port must be a number 0 … 65535, not "70000"/],
    [['echo', '--port', '-1'], /'--port'/],
    [['echo', '--nope'], /'--nope'/],
    [['echo', '--host', ''], /--host must be an address or a name/],
    [['info', 'x'], /'x'/],
    [['conformance', '--filter', 'nope'], /"nope" is neither a clause nor a group/],
  ];
  for (const [args, message] of wrong) {
    const { stdout, stderr, status } = run([CLI, ...args]);
    const [first, ...rest] = stderr.split('\n');
    assert.equal([status, stdout, rest], [2, '', ['npx pollux --help shows the usage', '']], args.join(' '));
    assert.match(first!, /^pollux: /);
    assert.match(first!, message);
  }
});

test('package.10 pollux --help shows the usage', () => {
  for (const args of [['--help'], ['help']]) {
    const { stdout, stderr, status } = run([CLI, ...args]);
    assert.equal([status, stderr], [0, '']);
    assert.match(stdout, /^usage: pollux <command>\n[^]* pollux info [^]* pollux echo [^]* pollux conformance /);
  }
});
