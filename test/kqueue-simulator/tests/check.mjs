// Runs checks.cc, lifetimes.cc, measured.cc and stress.cc as every personality, plain and under sanitizers. Arguments
// choose builds.
//
//   node tests/check.mjs [plain] [address] [thread]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { compileSimulator, linkTest, temporaryFolder } from './build.mjs';

const builds = {
  plain: [],
  address: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  thread: ['-fsanitize=thread'],
};
const personalities = ['freebsd', 'netbsd', 'darwin', 'openbsd'];
const timeLimitMs = 120_000;

const top = temporaryFolder();
let failures = 0;
const chosen = process.argv.slice(2);
for (const [build, flags] of Object.entries(builds)) {
  if (chosen.length > 0 && !chosen.includes(build)) continue;
  const folder = join(top, build);
  mkdirSync(folder);
  const objects = compileSimulator(folder, flags);
  for (const name of ['checks', 'lifetimes', 'measured', 'stress']) {
    const program = linkTest(folder, name, objects, flags);
    for (const personality of personalities) {
      const env = { ...process.env, KQUEUE_PERSONALITY: personality };
      const child = spawnSync(program, { cwd: folder, env, stdio: 'inherit', timeout: timeLimitMs });
      const passed = child.status === 0;
      if (!passed) failures++;
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}, ${build}, ${personality}`);
    }
  }
}
process.exitCode = failures === 0 ? 0 : 1;
