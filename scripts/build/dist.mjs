// Makes dist/ from src/: the last step of the set-up runs it, when the dependencies are there.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { execute } from '../set-up/execute.mjs';
import { writeEsmEntries } from './esm-entries.mjs';
import { writeFewFiles } from './few-files.mjs';

const DIST = join(ROOT, 'dist');
/** Modules that stay files: programs start some of them by their paths, and only the command line needs the others. */
const APART = /^(cli|conformance|lab|trace)\//;

rmSync(DIST, { recursive: true, force: true });
// Comments are for those who read the declarations.
tsc('-p', 'tsconfig.json', '--emitDeclarationOnly');
tsc('-p', 'tsconfig.json', '--declaration', 'false', '--removeComments');
const modules = readdirSync(DIST, { recursive: true }).filter((name) => name.endsWith('.js') && !APART.test(name));
const entries = Object.values(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).exports)
  .filter((target) => target.require !== undefined)
  .map((target) => ({ ...target, name: target.require.default.replace('./dist/', '') }));
const lazy = entries.map(({ name }) => name).filter((name) => modules.includes(name));
await writeFewFiles(modules.sort(), lazy);
for (const entry of entries) writeEsmEntries(entry, lazy.includes(entry.name));

removeInnerDeclarations(entries.map((entry) => entry.require.types));

/** Leaves the declarations that those of the entry points are made of. */
function removeInnerDeclarations(files) {
  const options = ['--listFilesOnly', '--ignoreConfig', '--module', 'node16', '--types', 'node'];
  const reached = new Set(tsc(...options, ...files).split('\n'));
  for (const name of readdirSync(DIST, { recursive: true })) {
    if (name.endsWith('.d.ts') && !reached.has(join(DIST, name))) rmSync(join(DIST, name));
  }
}

function tsc(...options) {
  return execute(process.execPath, ['node_modules/typescript/bin/tsc', ...options]);
}
