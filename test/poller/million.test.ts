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
  /** Calls that change what the kernel has: epoll_ctl, or kevent with changes. */
  readonly changes: number;
  readonly waits: number;
  /** Calls that ask for a descriptor: fcntl, fstat. */
  readonly other: number;
}

const [compiler = 'c++'] = (process.env['CXX'] ?? 'c++').split(' ');

function objection(): string | undefined {
  if (process.platform !== 'linux') return 'the bench is for Linux';
  return spawnSync(compiler, ['--version']).status === 0 ? undefined : `${compiler} does not run`;
}

const onLinux = test.unless(objection());

type BackendName = 'epoll' | 'kqueue';

/** The answers of the poller over a stand-in for the kernel to `commands`, one line of JSON each. */
async function answers(
  backend: BackendName,
  registrations: number,
  active: number,
  commands: readonly string[],
): Promise<unknown[]> {
  const { buildMillion } = (await import(pathToFileURL(join(ROOT, 'bench/harness/build.mjs')).href)) as {
    buildMillion(backend: BackendName, folder: string): string;
  };
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      buildMillion(backend, folder),
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

/** How many changes and waits came between two counts. */
function between(before: Counts, after: Counts): [changes: number, waits: number] {
  return [after.changes - before.changes, after.waits - before.waits];
}

/** Opening the two pollers of the program: their wakers, and on kqueue what is asked of the kernel. */
const MOST_TO_OPEN = 8;
/** The table of registrations doubles: at most so many of its growths ask whether a number is open. */
const MOST_GROWTHS = 2 * 12;
/** What an `add()` of kqueue asks: which kind of file the descriptor is, and how it was opened. */
const ASKED = { epoll: 0, kqueue: 2 };

for (const backend of ['epoll', 'kqueue'] as const) {
  for (const registrations of [1000, 1_000_000]) {
    onLinux(
      `poller:million.1 ${backend}: ${registrations} registrations take a call of the kernel each and at most 17 bytes, waits change nothing, and each modify and remove is one more call`,
      async () => {
        const [registered, , waited, , others, , changed] = (await answers(backend, registrations, 256, [
          'counts',
          'wait 10',
          'counts',
          'others 5',
          'counts',
          'control 1',
          'counts',
        ])) as [Counts, unknown, Counts, unknown, Counts, unknown, Counts];
        assert.equal([registered.registered, registered.waits], [registrations, 0]);
        const opening = registered.changes - registrations;
        assert.ok(opening > 0 && opening <= MOST_TO_OPEN, `${opening} changes more than registrations`);
        assert.ok(
          registered.bytes >= 8 * registrations && registered.bytes <= 17 * registrations,
          `${registered.bytes}`,
        );
        assert.equal(between(registered, waited), [0, 10]);
        assert.equal(between(waited, others), [0, 5]);
        assert.is(others.other, registered.other);
        assert.equal(between(others, changed), [3 * registrations, 0]);
        const asked = ASKED[backend] * registrations + MOST_GROWTHS;
        assert.ok(registered.other <= asked, `${registered.other} questions about descriptors`);
        assert.ok(changed.other - others.other <= asked, `${changed.other - others.other} questions about descriptors`);
        assert.is(changed.registered, registrations);
      },
    );
  }
}
