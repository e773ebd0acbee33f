// Which test files need what is compiled from C or C++: on a machine without a compiler they are gated.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { toolchainProblem } from '../scripts/set-up/toolchain.mjs';

/** How a compiled module asks for an addon of test/native. */
const ASKS_FOR_ADDON = /\.nativeAddon\)\(/;

const problem = toolchainProblem();

/** Why the compiled test `file` cannot run here; undefined when it can. */
export function objectionTo(file) {
  return problem !== undefined && modulesOf(file).some((module) => ASKS_FOR_ADDON.test(readFileSync(module, 'utf8')))
    ? `${basename(file)} needs what is compiled: ${problem}`
    : undefined;
}

/** `file` and what it requires of the tests' own modules, directly or not. */
function modulesOf(file, seen = new Set()) {
  seen.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/require\("(\.[^"]*)"\)/g)) {
    const module = resolve(dirname(file), name);
    if (!seen.has(module) && existsSync(module)) modulesOf(module, seen);
  }
  return [...seen];
}
