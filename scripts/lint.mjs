// npm run lint: checks the form of the code with Biome (TypeScript, JavaScript, JSON) and clang-format (C and C++).
// Where clang-tidy is installed, it looks for mistakes in native/ (.clang-tidy).
// npm run format: the same with --fix, which writes what can be written.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
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

/**
 * Whether clang-tidy finds nothing in the sources that compile here: those of Linux, and those of the BSDs over the
 * simulator.
 */
function isTidy(files) {
  if (fix) return true;
  const headers = join(resolve(dirname(process.execPath), '..'), 'include', 'node');
  const isThere = spawnSync('clang-tidy', ['--version']).status === 0;
  if (!isThere || process.platform !== 'linux' || !existsSync(headers)) {
    console.log('lint: no clang-tidy: the C++ sources are checked for their form only');
    return true;
  }
  const addonApi = createRequire(import.meta.url)('node-addon-api').include_dir;
  const flags = ['-std=c++17', '-fno-exceptions', '-DNAPI_VERSION=8', '-DNAPI_DISABLE_CPP_EXCEPTIONS'];
  const includes = [headers, addonApi, 'test/kqueue-simulator/include'].map((folder) => `-I${folder}`);
  const checked = files.filter((name) => /^native\/.*\.cc$/.test(name) && !/^native\/bsd\/os_/.test(name));
  const { status, stdout } = spawnSync('clang-tidy', ['--quiet', ...checked, '--', ...flags, ...includes], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) console.error(stdout);
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
  isTidy(sources),
];
process.exitCode = passed.every(Boolean) ? 0 : 1;
