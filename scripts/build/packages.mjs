// Compiles the packages of packages/ into their folders dist. They import pollux by its name, whose declarations have to
// be in dist/ of the repository.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { execute } from '../set-up/execute.mjs';

for (const name of readdirSync(join(ROOT, 'packages'))) {
  rmSync(join(ROOT, 'packages', name, 'dist'), { recursive: true, force: true });
  execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', join('packages', name)]);
}
