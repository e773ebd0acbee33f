// Which test files need what is compiled from C or C++: on a machine without a compiler they are gated.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolchainProblem } from '../scripts/toolchain.mjs';

const SUPPORT = join(dirname(fileURLToPath(import.meta.url)), 'build', 'support');
/** The modules of test/support that load, compile or preload something of test/native. */
const COMPILED = ['descriptors', 'preloaded', 'sandbox', 'kqueue', 'kqueue-suite'].map((name) =>
  join(SUPPORT, `${name}.js`),
);

const problem = toolchainProblem();

/** Why the compiled test `file` cannot run here; undefined when it can. */
export function objectionTo(file) {
  return problem !== undefined && modulesOf(file).some((module) => COMPILED.includes(module))
    ? `${basename(file)} needs what is compiled: ${problem}`
    : undefined;
}

/** What `file` requires of the tests' own modules, directly or not. */
function modulesOf(file, seen = new Set()) {
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/require\("(\.[^"]*)"\)/g)) {
    const module = resolve(dirname(file), name);
    if (seen.has(module) || !existsSync(module)) continue;
    seen.add(module);
    modulesOf(module, seen);
  }
  return [...seen];
}
