import { spawnSync } from 'node:child_process';
import type { AuditCode, AuditFinding } from 'pollux';
import * as assert from 'uvu/assert';
import { BACKEND } from '../support/facts.js';
import { programFile } from '../support/paths.js';
import { on } from '../support/runtime.js';
import { suite } from '../support/suite.js';
import type { Plant } from './planted/plants.js';
import { POLLERS } from './planted/pollers.js';
import { REACTORS } from './planted/reactors.js';

const test = suite('audit: planted');

const PROGRAM = programFile('audit-plant');

function findingsOf(list: string, index: number): { found: AuditFinding[]; fd: number; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, list, String(index)], {
    encoding: 'utf8',
    env: { ...process.env, POLLUX_AUDIT: 'json' },
    timeout: 60_000,
  });
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return { found: lines.map((line) => JSON.parse(line) as AuditFinding), fd: Number(stdout), stderr };
}

/** What is found on this backend: a kqueue forgets a number that is closed, although a duplicate is open. */
function codeHere(code: AuditCode): AuditCode {
  return code === 'POLLUX_GHOST' && BACKEND === 'kqueue' ? 'POLLUX_CLOSED_WHILE_REGISTERED' : code;
}

for (const [list, plants] of Object.entries({ pollers: POLLERS, reactors: REACTORS })) {
  plants.forEach(({ code, says }: Plant, index) => {
    const reason = says.includes('closeSync()')
      ? on('deno', "closeSync() of Deno's node:fs refuses descriptors of pollux")
      : undefined;
    test.unless(reason)(`audit:${list}.${index + 1} ${says} is found as ${code}, and as nothing else`, () => {
      const { found, fd, stderr } = findingsOf(list, index);
      assert.equal(
        found.map((finding) => [finding.code, finding.fd]),
        [[codeHere(code), fd]],
        stderr,
      );
      assert.match(found[0]!.registeredAt.join('\n'), /planted/);
    });
  });
}
