import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clauses } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('peers', { needs: ['node'] });

interface Run {
  readonly name: string;
  readonly times: number;
  readonly kept: readonly string[];
  readonly gated: Readonly<Record<string, string>>;
  readonly broken: Readonly<Record<string, string>>;
}

interface Generator {
  recordedRuns(): Run[];
  driverRuns(): Run[];
  peersPage(): string;
}

const generator = import(pathToFileURL(join(ROOT, 'scripts/pages/peers.mjs')).href) as Promise<Generator>;
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'bench', 'peers', 'package.json'), 'utf8')) as {
  dependencies: Readonly<Record<string, string>>;
};

test('conformance:peers.1 docs/results/peers.md is what scripts/pages/peers.mjs writes from the recorded runs', async () => {
  assert.is(readFileSync(join(ROOT, 'docs', 'results', 'peers.md'), 'utf8'), (await generator).peersPage());
});

test('conformance:peers.2 every recorded run has all clauses, and the versions that the bench installs', async () => {
  const [pollux, ...peers] = (await generator).recordedRuns();
  assert.equal([pollux!.name, peers.length], ['epoll', Object.keys(dependencies).length]);
  const all = clauses.map(({ id }) => id).sort();
  for (const { name, times, kept, gated, broken } of peers) {
    assert.equal([...kept, ...Object.keys(gated), ...Object.keys(broken)].sort(), all, name);
    assert.is(times, 3, name);
    const named = Object.entries(dependencies).filter(
      ([peer, version]) => name.includes(peer) && name.includes(version),
    );
    assert.is(named.length, 1, name);
  }
});

test('conformance:peers.4 there is a recorded run of each driver of the examples, with all clauses', async () => {
  const all = clauses.map(({ id }) => id).sort();
  const runs = (await generator).driverRuns();
  const sources = readdirSync(join(ROOT, 'examples', 'drivers')).filter((file) =>
    /^(?!driver\.).*\.(c|py)$/.test(file),
  );
  assert.is(runs.length, sources.length);
  for (const { name, times, kept, gated, broken } of runs) {
    assert.equal([...kept, ...Object.keys(gated), ...Object.keys(broken)].sort(), all, name);
    assert.is(times, 3, name);
  }
});

test('conformance:peers.3 no reason names a file of the machine of the run', async () => {
  const { recordedRuns, driverRuns } = await generator;
  for (const { name, broken } of [...recordedRuns(), ...driverRuns()]) {
    for (const [id, reason] of Object.entries(broken))
      assert.not.match(reason, /\/(home|root|work|tmp|Users)\//, `${name}: ${id}`);
  }
});
