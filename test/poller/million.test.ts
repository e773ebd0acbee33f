import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('million', { needs: ['kernel', 'node'] });

/** What bench/million says of its poller: calls of the kernel's functions, and bytes that it has allocated. */
interface Counts {
  readonly registered: number;
  readonly bytes: number;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  readonly waits: number;
  readonly other: number;
}

const [compiler = 'c++'] = (process.env['CXX'] ?? 'c++').split(' ');

function objection(): string | undefined {
  if (process.platform !== 'linux') return 'the stand-in is one for the calls of epoll';
  return spawnSync(compiler, ['--version']).status === 0 ? undefined : `${compiler} does not run`;
}

const onLinux = test.unless(objection());

/** The answers of the poller over a stand-in for the kernel to `commands`, one line of JSON each. */
async function answers(registrations: number, active: number, commands: readonly string[]): Promise<unknown[]> {
  const { buildMillion } = (await import(pathToFileURL(join(ROOT, 'bench/harness/build.mjs')).href)) as {
    buildMillion(folder: string): string;
  };
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      buildMillion(folder),
      ['stand-in', String(registrations), String(active)],
      { input: commands.map((command) => `${command}\n`).join(''), encoding: 'utf8' },
    );
    assert.equal([status, stderr], [0, '']);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The difference of two counts, without what does not count calls. */
function calls(before: Counts, after: Counts): Omit<Counts, 'registered' | 'bytes'> {
  return {
    added: after.added - before.added,
    modified: after.modified - before.modified,
    removed: after.removed - before.removed,
    waits: after.waits - before.waits,
    other: after.other - before.other,
  };
}

const NONE = { added: 0, modified: 0, removed: 0, waits: 0, other: 0 };
/** The wakers of the two pollers of the program. */
const WAKERS = 2;
/** The table of registrations doubles: at most so many of its growths ask whether a number is open. */
const MOST_GROWTHS = 2 * 12;

for (const registrations of [1000, 1_000_000]) {
  onLinux(
    `poller:million.1 ${registrations} registrations cost one epoll_ctl each and at most 17 bytes, waits cost none, and each modify and remove is one more`,
    async () => {
      const [registered, , waited, , others, , changed] = (await answers(registrations, 256, [
        'counts',
        'wait 10',
        'counts',
        'others 5',
        'counts',
        'control 1',
        'counts',
      ])) as [Counts, unknown, Counts, unknown, Counts, unknown, Counts];
      assert.is(registered.registered, registrations);
      assert.equal(
        { ...registered, bytes: 0, other: 0 },
        {
          ...NONE,
          registered: registrations,
          bytes: 0,
          added: registrations + WAKERS,
        },
      );
      assert.ok(registered.bytes >= 8 * registrations && registered.bytes <= 17 * registrations, `${registered.bytes}`);
      assert.ok(registered.other <= MOST_GROWTHS, `${registered.other} calls of fcntl`);
      assert.equal(calls(registered, waited), { ...NONE, waits: 10 });
      assert.equal(calls(waited, others), { ...NONE, waits: 5 });
      const { other, ...controls } = calls(others, changed);
      assert.equal(controls, {
        added: registrations,
        modified: registrations,
        removed: registrations,
        waits: 0,
      });
      assert.ok(other <= MOST_GROWTHS, `${other} calls of fcntl`);
      assert.is(changed.registered, registrations);
    },
  );
}
