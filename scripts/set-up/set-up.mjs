// Brings a checkout to the point where it runs: dependencies, dist/, the addon, the compiled tests.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { execute, fail } from './execute.mjs';
import { nodeGyp } from './node-gyp.mjs';
import { releasedBinary } from './released-binary.mjs';
import { forgetStep, runStep, secondsOf } from './run-step.mjs';
import { toolchainProblem } from './toolchain.mjs';

/** Addons that only the tests use; each is a gyp build of its own in test/native. */
const TEST_ADDONS = ['descriptors', 'faults', 'fuzz', 'sandbox'];

/** The packages beside pollux: workspaces of npm. */
const PACKAGES = readdirSync(join(ROOT, 'packages'));

const STEPS = {
  dependencies: {
    title: 'installing dependencies',
    seconds: 20,
    inputs: ['package.json', 'package-lock.json'],
    outputs: ['node_modules/typescript', 'node_modules/node-gyp'],
    run: () => execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  },
  addon: {
    title: 'building the addon',
    seconds: 15,
    inputs: ['binding.gyp', 'native'],
    outputs: ['build/Release/pollux.node'],
    // node-gyp-build prefers a build to a released binary, so only one of them may be there.
    excuse: () => (releasedBinary().file === undefined ? undefined : 'there is a released binary'),
    run: () => {
      const problem = toolchainProblem();
      if (problem !== undefined) fail(`${releasedBinary().reason}; the addon cannot be built: ${problem}`);
      nodeGyp(ROOT, ['rebuild']);
    },
  },
  dist: {
    title: 'compiling TypeScript',
    seconds: 3,
    inputs: ['tsconfig.json', 'package.json', 'scripts/build', 'src'],
    outputs: ['dist/index.js', 'dist/package.js', 'dist/package.mjs', 'dist/index.mjs'],
    run: () => execute(process.execPath, ['scripts/build/dist.mjs']),
  },
  packages: {
    title: 'compiling the packages',
    seconds: 3,
    inputs: ['tsconfig.json', 'scripts/build', 'src', 'packages'],
    outputs: PACKAGES.map((name) => `packages/${name}/dist/index.js`),
    run: () => execute(process.execPath, ['scripts/build/packages.mjs']),
  },
  'test-addons': {
    title: 'building the addons of the tests',
    seconds: 15,
    inputs: ['test/native'],
    outputs: TEST_ADDONS.map((name) => `test/native/${name}/build/Release/${name}.node`),
    excuse: toolchainProblem,
    run: () => {
      for (const name of TEST_ADDONS) nodeGyp(join(ROOT, 'test/native', name), ['rebuild']);
    },
  },
  'kqueue-addon': {
    title: 'building the addon over the kqueue simulator',
    seconds: 30,
    inputs: ['native', 'test/native/kqueue-addon', 'test/kqueue-simulator'],
    outputs: ['test/native/kqueue-addon/build/Release/pollux.node'],
    excuse: toolchainProblem,
    run: () => nodeGyp(join(ROOT, 'test/native/kqueue-addon'), ['rebuild']),
  },
  'stream-clients': {
    title: 'installing clients of servers',
    seconds: 15,
    inputs: ['tools/stream-clients/package.json', 'tools/stream-clients/package-lock.json'],
    outputs: ['tools/stream-clients/node_modules/.package-lock.json'],
    run: () => installIfReachable('stream-clients'),
  },
  tests: {
    title: 'compiling the tests',
    seconds: 4,
    inputs: ['tsconfig.json', 'src', 'test', 'packages'],
    outputs: ['test/build'],
    run: () => {
      rmSync(join(ROOT, 'test/build'), { recursive: true, force: true });
      execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json']);
    },
  },
};

/**
 * npm ci in a folder below tools/. Where it fails, because the registry cannot be reached, the tests that need the
 * folder are gated, and the next set-up tries again.
 */
function installIfReachable(name) {
  const args = [
    'ci',
    '--ignore-scripts',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--fetch-retries=1',
  ];
  const { status } = spawnSync('npm', args, { cwd: join(ROOT, 'tools', name), stdio: 'ignore' });
  if (status !== 0) process.stderr.write(`\npollux: npm ci in tools/${name} failed: tests will be left out\n`);
}

/** What a program needs, and what the tests need. */
const TO_RUN = ['dependencies', 'addon', 'dist'];
export const TO_TEST = [...TO_RUN, 'packages', 'test-addons', 'kqueue-addon', 'tests'];
/** The same for the tests of the guides, too. */
export const TO_TEST_ALL = [...TO_TEST, 'stream-clients'];

/** Runs `steps` in order, each unless its outputs are up to date. */
export function setUp(steps = TO_RUN) {
  const seconds = process.stderr.isTTY ? steps.map((name) => secondsOf(name, STEPS[name])) : [];
  for (const [index, name] of steps.entries()) {
    const secondsAfter = seconds.slice(index + 1).reduce((sum, each) => sum + each, 0);
    runStep(name, STEPS[name], secondsAfter);
  }
}

/** Runs one step even if its outputs are up to date: somebody may have changed them. */
export function redo(name) {
  forgetStep(name);
  runStep(name, STEPS[name]);
}
