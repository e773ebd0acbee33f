// Writes the pictures of docs/lab: each script there is run on this kernel, and what its pollers report is drawn.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { setUp } from '../set-up/set-up.mjs';

const FOLDER = join(ROOT, 'docs', 'lab');

setUp();
const require = createRequire(import.meta.url);
const { runScript } = require('../../dist/lab/script.js');
const { svgOf } = require('../../dist/lab/svg.js');
const { endThreads } = require('../../dist/lab/threads.js');
for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.lab'))) {
  const run = await runScript(readFileSync(join(FOLDER, name), 'utf8'), name);
  writeFileSync(join(FOLDER, name.replace(/lab$/, 'svg')), svgOf(run));
}
await endThreads();
