// npm run fuzz: looks for broken promises with random operations; test/fuzz/README.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { setUp, TO_TEST } from '../set-up/set-up.mjs';

setUp(TO_TEST);
const main = join(ROOT, 'test/build/test/fuzz/main.js');
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
