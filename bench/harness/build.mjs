// @ts-check
// Builds what the bench runs: the C programs, and the peers from npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { BENCH, ROOT } from './participant.mjs';

const C_FLAGS = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread'];
const PEERS = join(BENCH, 'peers');

/** Compiles each file of c/ that is newer than its program. Throws what the compiler says. */
export function buildPrograms() {
  const out = join(BENCH, 'build');
  mkdirSync(out, { recursive: true });
  for (const file of readdirSync(join(BENCH, 'c'))) {
    const source = join(BENCH, 'c', file);
    const program = join(out, basename(file, '.c'));
    if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) continue;
    const problem = attempt(process.env['CC'] ?? 'cc', [...C_FLAGS, '-o', program, source], ROOT);
    if (problem !== undefined) throw new Error(problem);
  }
}

/** The calls of the kernel and of the C library that million/stand_in.cc takes. */
const STOOD_IN_FOR = ['epoll_ctl', 'epoll_wait', 'fcntl', 'malloc', 'calloc', 'free'];
/** The sources of a poller over epoll, without the system calls of pollux/sys. */
const POLLER = [
  ...['entries', 'epoll_backend', 'epoll_calls', 'epoll_waker', 'record_buffer'].map(
    (name) => `native/linux/${name}.cc`,
  ),
  'native/common/registry.cc',
];

/**
 * Builds the poller over a stand-in for the kernel's calls. Throws what the compiler says.
 * @returns {string} the program
 */
export function buildMillion(folder = join(BENCH, 'build')) {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'million');
  const flags = ['-std=c++17', '-O2', '-fno-exceptions', '-Wall', '-Wextra', '-Werror', '-pthread'];
  const wraps = `-Wl,${STOOD_IN_FOR.map((name) => `--wrap=${name}`).join(',')}`;
  const own = ['million.cc', 'stand_in.cc'].map((name) => join(BENCH, 'million', name));
  const [command = 'c++', ...first] = (process.env['CXX'] ?? 'c++').split(' ');
  const problem = attempt(command, [...first, ...flags, wraps, '-o', program, ...own, ...POLLER], ROOT);
  if (problem !== undefined) throw new Error(problem);
  return program;
}

/**
 * Installs and builds the native peers.
 * @returns {Record<string, string | undefined>} by package: why it cannot take part, if it cannot
 */
export function buildPeers() {
  const names = ['epoll', 'socketwatcher'];
  const isComplete = names.every((name) => existsSync(join(PEERS, 'node_modules', name)));
  const problem = isComplete ? undefined : attempt('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], PEERS);
  return Object.fromEntries(names.map((name) => [name, problem ?? buildPeer(name)]));
}

function buildPeer(/** @type {string} */ name) {
  return buildAddon(join(PEERS, 'node_modules', name), name);
}

/** Builds what the peers' conformance adapters block with. Throws what the compiler says. */
export function buildPump() {
  const problem = buildAddon(join(PEERS, 'pump'), 'pump');
  if (problem !== undefined) throw new Error(problem);
}

function buildAddon(/** @type {string} */ folder, /** @type {string} */ name) {
  if (existsSync(join(folder, 'build', 'Release', `${name}.node`))) return undefined;
  const script = createRequire(join(ROOT, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const prefix = resolve(dirname(process.execPath), '..');
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
  return attempt(process.execPath, [script, 'rebuild', ...headers], folder);
}

/** Runs a command. @returns {string | undefined} what went wrong, if anything did */
function attempt(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status === 0) return undefined;
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  return `${basename(command)} ${basename(args[0] ?? '')} failed: ${result.error?.message ?? said}`;
}
