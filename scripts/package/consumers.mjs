// Programs that use an installed package: in CommonJS, as an ES module, and in TypeScript.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../set-up.mjs';

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

/** Both kinds of module, each with its own declarations. Compiled, not run. */
const TYPED = `
import { createPoller, READABLE, type Poller, type PollEvent } from 'pollux';
import * as sys from 'pollux/sys';
import { clauses, runConformance } from 'pollux/conformance';
const poller: Poller<string> = createPoller<string>({ capacity: 4 });
const [reader]: readonly [number, number] = sys.pipe();
poller.add(reader, READABLE, 'data');
const events: PollEvent<string>[] = [...poller.wait(0)];
const name: string | undefined = events[0]?.data;
// @ts-expect-error the data is a string
poller.add(reader, READABLE, 7);
console.log(name, clauses.length, runConformance);
`;

/** Runs them in `folder`, where pollux is installed, with `node`. Returns what went wrong. */
export function problemsOfConsumers(folder, node = process.execPath) {
  const problems = [];
  for (const [file, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, file), text);
    const { stdout, stderr } = spawnSync(node, [file], { cwd: folder, encoding: 'utf8' });
    if (stdout !== SAYS || stderr !== '') problems.push(`${file}: ${stdout}${stderr}`.trim());
  }
  for (const file of ['typed.cts', 'typed.mts']) writeFileSync(join(folder, file), TYPED);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      module: 'nodenext', target: 'es2022', lib: ['es2022', 'esnext.disposable'], strict: true, noEmit: true,
      typeRoots: [join(ROOT, 'node_modules', '@types')], types: ['node'],
    },
    files: ['typed.cts', 'typed.mts'],
  }));
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) problems.push(stdout.trim());
  return problems;
}
