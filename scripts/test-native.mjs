// npm run test:native: builds the self-check of the backend (test/native/self-check) and runs it,
// plain and with sanitizers, without Node's addon. Arguments choose builds: plain, address, thread;
// `--probe BUILD` only tells whether that build works here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { machine, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler } from './toolchain.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SELF_CHECK = join(ROOT, 'test/native/self-check');
const BACKEND = join(ROOT, 'native', process.platform === 'linux' ? 'linux' : 'bsd');

const BUILDS = {
  plain: ['-O2'],
  address: ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  thread: ['-O1', '-fsanitize=thread'],
};
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

function sourcesIn(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.cc')).sort().map((name) => join(folder, name));
}

/** Compiles `sources` in the way of `build`. Returns what the compiler said, empty when it succeeded. */
function compile(build, sources, output) {
  const compiler = findCompiler();
  if (compiler === undefined) return 'there is no C++ compiler (c++, g++, clang++ or CXX)';
  const [command, ...first] = compiler;
  const flags = ['-std=c++17', '-g', '-pthread', ...WARNINGS, ...BUILDS[build]];
  const { status, stderr } = spawnSync(command, [...first, ...flags, '-o', output, ...sources], { encoding: 'utf8' });
  return status === 0 ? '' : `${command} failed: ${stderr}`;
}

/**
 * The command that runs `program`. ThreadSanitizer maps its shadow memory at fixed addresses, which
 * do not fit every layout that a kernel with much randomization (vm.mmap_rnd_bits above 28) makes.
 */
function commandFor(build, program) {
  return build === 'thread' && spawnSync('setarch', [machine(), '-R', 'true']).status === 0
    ? ['setarch', machine(), '-R', program]
    : [program];
}

function run(build, program, options) {
  const [command, ...args] = commandFor(build, program);
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

/** Why `build` does not work here; undefined when it does. */
function objectionTo(build) {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const source = join(folder, 'empty.cc');
    writeFileSync(source, '#include <pthread.h>\nint main() { return pthread_self() == 0; }\n');
    const program = join(folder, 'empty');
    const complaint = compile(build, [source], program);
    if (complaint !== '') return complaint;
    const { status, stderr } = run(build, program);
    return status === 0 ? undefined : `a program built with ${BUILDS[build].join(' ')} does not start: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function check(build) {
  console.log(`self-check, ${build}: ${BUILDS[build].join(' ')}`);
  const folder = join(SELF_CHECK, 'build');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, build);
  const sources = [...sourcesIn(SELF_CHECK), ...sourcesIn(BACKEND), join(ROOT, 'native/common/registry.cc')];
  const complaint = compile(build, sources, program);
  if (complaint !== '') {
    console.error(complaint);
    return false;
  }
  const { status, signal } = run(build, program, { stdio: 'inherit' });
  if (status !== 0) console.error(`self-check, ${build}: ${signal === null ? `exit status ${status}` : `killed by ${signal}`}`);
  return status === 0;
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--probe') {
  const objection = objectionTo(rest[0]);
  if (objection !== undefined) console.log(objection.trim().split('\n')[0]);
} else {
  const builds = first === undefined ? ['plain', 'address'] : [first, ...rest];
  process.exitCode = builds.map(check).every(Boolean) ? 0 : 1;
}
