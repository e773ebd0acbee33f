// The runtimes that the tests run on: binaries in npm packages, pinned in tools/runtimes, installed
// on first use. Their install scripts are not needed and do not run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { execute } from '../set-up/execute.mjs';
import { runStep } from '../set-up/run-step.mjs';

const FOLDER = join(ROOT, 'tools', 'runtimes');

/** How a package's binary runs a program: which file it is, and what comes before the program's name. */
const KINDS = [
  { prefix: 'node-', title: 'Node', binary: 'bin/node', args: [], gc: ['--expose-gc'] },
  { prefix: 'bun', title: 'Bun', binary: 'bin/bun', args: [], gc: ['--expose-gc'] },
  {
    prefix: 'deno',
    title: 'Deno',
    binary: 'deno',
    args: ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual'],
    gc: ['--v8-flags=--expose-gc'],
  },
];

/**
 * All runtimes; installs them if they are not there.
 *
 * @returns {{ id: string, name: string, version: string, command: string, args: string[], gc: string[] }[]}
 *   `command args… PROGRAM` runs a program; with `gc…` before it the program has `gc()`.
 */
export function runtimes() {
  const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
  const list = Object.entries(dependencies).map(([id, source]) => describe(id, source));
  runStep('runtimes', {
    folder: FOLDER,
    seconds: 60,
    title: `fetching ${list.length} runtimes`,
    inputs: ['tools/runtimes/package.json', 'tools/runtimes/package-lock.json'],
    outputs: list.map(({ command }) => command.slice(ROOT.length + 1)),
    run: () =>
      execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', FOLDER], { cwd: FOLDER }),
  });
  return list;
}

function describe(id, source) {
  const { title, binary, args, gc } = KINDS.find(({ prefix }) => id.startsWith(prefix));
  const command = join(FOLDER, 'node_modules', id, ...binary.split('/'));
  return { id, name: title, version: source.slice(source.lastIndexOf('@') + 1), command, args, gc };
}
