// Runs tests of Node over streams of pollux: `node scripts/test/node-suite.mjs FOLDER [PREFIX…]`. FOLDER is `test` of
// Node's sources; a PREFIX is that of files in its folder `parallel`, by default those of http and http2. The tests of
// Node's version should be those of the running Node, or of the one that NODE_SUITE_NODE names.
//
// Not every test can pass: some look at the handle of a net.Socket, at its class, or at symbols of Node's own.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.mjs';
import { setUp } from '../set-up/set-up.mjs';

const PRELOAD = pathToFileURL(join(ROOT, 'scripts', 'test', 'node-suite-preload.mjs')).href;
const NODE = process.env['NODE_SUITE_NODE'] ?? process.execPath;
const LANES = 4;
const TIME_LIMIT_MS = 60_000;

/** Runs one test. Resolves with undefined where it passes, else with the end of what it prints. */
function run(file, lane) {
  const [, flags = ''] = /^\/\/ Flags: (.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  const args = [...flags.split(/\s+/).filter(Boolean), '--import', PRELOAD, file];
  const child = spawn(NODE, args, {
    env: { ...process.env, TEST_THREAD_ID: String(lane), TEST_PARALLEL: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (text) => (printed += text));
  return new Promise((resolve) => {
    child.on('close', (status, signal) => resolve(status === 0 ? undefined : `${signal ?? ''}${printed.slice(-1500)}`));
  });
}

const [folder = '', ...given] = process.argv.slice(2);
const prefixes = given.length > 0 ? given : ['test-http-', 'test-http2-'];
const parallel = join(folder, 'parallel');
if (!existsSync(parallel)) {
  console.log(`${parallel} does not exist: Node's tests are not run. Debian has them: apt-get source nodejs`);
  process.exit(0);
}
setUp();

const names = readdirSync(parallel).filter(
  (name) => /\.m?js$/.test(name) && prefixes.some((each) => name.startsWith(each)),
);
const failures = new Map();
const queue = [...names];
const work = async (lane) => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const complaint = await run(join(parallel, name), lane);
    if (complaint !== undefined) failures.set(name, complaint);
  }
};
await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane + 1)));

for (const [name, complaint] of [...failures].sort()) console.log(`--- ${name}\n${complaint}`);
for (const prefix of prefixes) {
  const all = names.filter((name) => name.startsWith(prefix));
  console.log(`${prefix}*: ${all.filter((name) => !failures.has(name)).length} of ${all.length} pass`);
}
