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

/**
 * The pollers of million/: their sources, without the system calls of pollux/sys, and the calls that the stand-in
 * takes.
 * @type {Record<'epoll' | 'kqueue', { folder: string, files: string[], calls: string[], flags: string[] }>}
 */
const POLLERS = {
  epoll: {
    folder: 'linux',
    files: ['entries', 'epoll_backend', 'epoll_calls', 'epoll_waker', 'record_buffer'],
    calls: ['epoll_ctl', 'epoll_wait'],
    flags: [],
  },
  kqueue: {
    folder: 'bsd',
    files: [
      'change_list',
      'knotes',
      'kqueue_backend',
      'kqueue_waker',
      'readiness',
      'record_buffer',
      'registration',
      'upkeep',
    ],
    calls: ['fstat'],
    flags: ['-Itest/kqueue-simulator/include'],
  },
};
const CALLS_OF_BOTH = ['fcntl', 'malloc', 'calloc', 'free'];
/**
 * Builds the poller over a stand-in for the kernel's calls. Throws what the compiler says.
 * @param {keyof typeof POLLERS} backend
 * @returns {string} the program
 */
export function buildMillion(backend = 'epoll', out = join(BENCH, 'build')) {
  mkdirSync(out, { recursive: true });
  const { folder, files, calls, flags } = POLLERS[backend];
  const program = join(out, `million-${backend}`);
  const warnings = ['-std=c++17', '-O2', '-fno-exceptions', '-Wall', '-Wextra', '-Werror', '-pthread'];
  const wraps = `-Wl,${[...calls, ...CALLS_OF_BOTH].map((name) => `--wrap=${name}`).join(',')}`;
  const own = ['million', 'stand_in', `${backend}_stand_in`].map((name) => `bench/million/${name}.cc`);
  const sources = [...own, ...files.map((name) => `native/${folder}/${name}.cc`), 'native/common/registry.cc'];
  const [command = 'c++', ...first] = (process.env['CXX'] ?? 'c++').split(' ');
  const problem = attempt(command, [...first, ...warnings, ...flags, wraps, '-o', program, ...sources], ROOT);
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
