// Brings a checkout to the point where it runs: dependencies, dist/, the addon, the compiled
// tests. Each step runs only when what it is made from has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeEsmWrappers } from './esm-wrappers.mjs';
import { writeOneFile } from './one-file.mjs';
import { releasedBinary } from './released-binary.mjs';
import { toolchainProblem } from './toolchain.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Addons of test/native that only the tests use, each a gyp build of its own. */
const TEST_ADDONS = ['descriptors', 'faults', 'fuzz', 'sandbox'];

/**
 * Runs `steps` in order, each unless its inputs are as they were when it last succeeded. A step that has an excuse is
 * left out, and its outputs removed, lest they be taken for those of the inputs as they are now.
 */
export function setUp(steps = ['dependencies', 'addon', 'dist']) {
  for (const name of steps) runStep(name, STEPS[name]);
}

/** Runs one step whether or not its outputs are there: somebody may have changed them. */
export function redo(name) {
  rmSync(stampOf(name), { force: true });
  runStep(name, STEPS[name]);
}

/**
 * Runs one step, unless its inputs are as they were when it last succeeded and its outputs are there.
 * `folder` is whose node_modules the step fills.
 */
export function runStep(name, { title, inputs, outputs, run, excuse, folder = ROOT }) {
  if (excuse?.() !== undefined) {
    for (const path of outputs) rmSync(join(ROOT, path), { force: true });
    return;
  }
  const stamp = stampOf(name, folder);
  const digest = digestOf(inputs);
  const isDone =
    outputs.every((path) => existsSync(join(ROOT, path))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === digest;
  if (isDone) return;
  // A step that fails half-way leaves files that belong to no inputs.
  rmSync(stamp, { force: true });
  const start = performance.now();
  process.stderr.write(`pollux: ${title} …`);
  run();
  process.stderr.write(` ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

function stampOf(name, folder = ROOT) {
  return join(folder, 'node_modules', '.pollux', name);
}

const STEPS = {
  dependencies: {
    title: 'installing dependencies',
    inputs: ['package.json', 'package-lock.json'],
    outputs: ['node_modules/typescript', 'node_modules/node-gyp'],
    run: () => execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  },
  addon: {
    title: 'building the addon',
    inputs: ['binding.gyp', 'native'],
    outputs: ['build/Release/pollux.node'],
    // node-gyp-build prefers a build to a released binary: only one of them is there.
    excuse: () => (releasedBinary().file === undefined ? undefined : 'there is a released binary'),
    run: () => {
      process.stderr.write(` (${releasedBinary().reason})`);
      const problem = toolchainProblem();
      if (problem !== undefined) fail(`the addon cannot be built: ${problem}`);
      nodeGyp(ROOT, ['rebuild']);
    },
  },
  dist: {
    title: 'compiling TypeScript',
    inputs: [
      'tsconfig.json',
      'package.json',
      'scripts/esm-wrappers.mjs',
      'scripts/one-file.mjs',
      'scripts/set-up.mjs',
      'src',
    ],
    outputs: ['dist/index.js', 'dist/package.js', 'dist/package.mjs', 'dist/index.mjs'],
    run: () => {
      rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
      // Whoever reads the interface reads the declarations; the code is what runs.
      tsc('tsconfig.json', '--emitDeclarationOnly');
      tsc('tsconfig.json', '--declaration', 'false', '--removeComments');
      writeOneFile(join(ROOT, 'dist'));
      writeEsmWrappers(ROOT);
    },
  },
  'test-addons': {
    title: 'building the addons of the tests',
    inputs: ['test/native'],
    outputs: TEST_ADDONS.map((name) => `test/native/${name}/build/Release/${name}.node`),
    excuse: toolchainProblem,
    run: () => {
      for (const name of TEST_ADDONS) nodeGyp(join(ROOT, 'test/native', name), ['rebuild']);
    },
  },
  'kqueue-addon': {
    title: 'building the addon over the kqueue simulator',
    inputs: ['native', 'test/native/kqueue-addon', 'test/kqueue-simulator'],
    outputs: ['test/native/kqueue-addon/build/Release/pollux.node'],
    excuse: toolchainProblem,
    run: () => nodeGyp(join(ROOT, 'test/native/kqueue-addon'), ['rebuild']),
  },
  tests: {
    title: 'compiling the tests',
    inputs: ['tsconfig.json', 'src', 'test'],
    outputs: ['test/build'],
    run: () => {
      rmSync(join(ROOT, 'test/build'), { recursive: true, force: true });
      tsc('test/tsconfig.json');
    },
  },
};

/** Runs node-gyp on the gyp file in `folder`, with this node's own headers where they are installed. */
export function nodeGyp(folder, args) {
  const script = createRequire(join(ROOT, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const prefix = resolve(dirname(process.execPath), '..');
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  execute(process.execPath, [script, ...args, '-C', folder, ...headers]);
}

function tsc(project, ...options) {
  execute(process.execPath, [
    join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    join(ROOT, project),
    ...options,
  ]);
}

function fail(reason) {
  process.stderr.write(`\npollux: ${reason}\n`);
  process.exit(1);
}

/** Runs a command; shows what it printed only if it fails, and then ends this process. */
export function execute(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status === 0) return result.stdout;
  process.stderr.write(`\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  const reason =
    result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit status ${result.status}`);
  return fail(`${command} ${args.join(' ')}: ${reason}`);
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesBelow(path)).sort()) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .filter((name) => name !== 'build' && name !== 'node_modules')
    .flatMap((name) => filesBelow(join(path, name)));
}
