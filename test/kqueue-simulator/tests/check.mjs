// Runs checks.cc as every personality, and stress.cc under the sanitizers.
//
//   node tests/check.mjs
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { compileSimulator, linkTest, temporaryFolder } from './build.mjs';

const builds = {
  plain: [],
  address: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  thread: ['-fsanitize=thread'],
};
const personalities = ['freebsd', 'netbsd', 'darwin'];
const timeLimitMs = 120_000;

const top = temporaryFolder();
let failures = 0;
for (const [build, flags] of Object.entries(builds)) {
  const folder = join(top, build);
  mkdirSync(folder);
  const objects = compileSimulator(folder, flags);
  for (const name of ['checks', 'stress']) {
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
