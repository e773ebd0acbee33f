// npm run lint: checks the form of the code with Biome (TypeScript, JavaScript, JSON) and clang-format (C and C++).
// npm run format: the same with --fix, which writes what can be written.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './root.mjs';
import { setUp } from './set-up/set-up.mjs';

setUp(['dependencies']);
const fix = process.argv.includes('--fix');

/** Runs a tool of node_modules on the repository. */
function run(tool, args) {
  const { status, error } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, { cwd: ROOT, stdio: 'inherit' });
  if (error !== undefined) console.error(`lint: ${tool}: ${error.message}`);
  return status === 0;
}

const listed = spawnSync('git', ['ls-files', '*.cc', '*.h', '*.c', ':!test/kqueue-simulator/kqtab'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const sources = listed.stdout.split('\n').filter((name) => name !== '');
const passed = [
  run('biome', ['check', ...(fix ? ['--write'] : []), '--error-on-warnings', '--no-errors-on-unmatched']),
  sources.length === 0 ||
    run('clang-format-node', ['--style=file', ...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...sources]),
];
process.exitCode = passed.every(Boolean) ? 0 : 1;
