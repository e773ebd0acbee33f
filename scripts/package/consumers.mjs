// Programs that use an installed package: in CommonJS, as an ES module, and in TypeScript (typed-consumers.mjs).
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemsOfTypes } from './typed-consumers.mjs';

const USE = `
const poller = createPoller();
const [reader, writer] = sys.pipe();
poller.add(reader, READABLE, 'data');
sys.write(writer, Buffer.from('x'));
for (const event of poller.wait(1000)) console.log(event.data, event.readable, typeof runConformance);
poller.close();
`;
const SAYS = 'data true function\n';

const PROGRAMS = {
  'consumer.cjs': `
const { createPoller, READABLE } = require('pollux');
const sys = require('pollux/sys');
const { runConformance } = require('pollux/conformance');
${USE}`,
  'consumer.mjs': `
import { createPoller, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { runConformance } from 'pollux/conformance';
${USE}`,
};

/**
 * Runs them in `folder`, where pollux is installed, with `node`, and compiles those in TypeScript. Returns what went
 * wrong.
 */
export function problemsOfConsumers(folder, node = process.execPath) {
  const problems = [];
  for (const [file, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, file), text);
    const { stdout, stderr } = spawnSync(node, [file], { cwd: folder, encoding: 'utf8' });
    if (stdout !== SAYS || stderr !== '') problems.push(`${file}: ${stdout}${stderr}`.trim());
  }
  return [...problems, ...problemsOfTypes(folder)];
}
