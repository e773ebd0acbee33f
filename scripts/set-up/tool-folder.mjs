// The folders below tools/: development tools of their own, which npm ci of the project does not fetch.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearProgress, showProgress } from '../progress.mjs';
import { ROOT } from '../root.mjs';
import { execute } from './execute.mjs';

/** Installs what tools/`name`/package-lock.json pins, unless it is there. Returns its folder of modules. */
export function toolFolder(name) {
  const cwd = join(ROOT, 'tools', name);
  const modules = join(cwd, 'node_modules');
  const lock = readFileSync(join(cwd, 'package-lock.json'), 'utf8');
  const stamp = join(modules, '.pollux-lock.json');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    showProgress(`pollux: installing tools/${name}, which may take a minute`);
    // --force: runtimes for other processors, too.
    execute('npm', ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });
    writeFileSync(stamp, lock);
    clearProgress();
  }
  return modules;
}
