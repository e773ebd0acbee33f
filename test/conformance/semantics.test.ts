import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clauses } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { PERSONALITIES } from '../support/kqueue.js';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('semantics', { needs: ['node'] });

interface Run {
  readonly name: string;
  readonly date: string;
  readonly seconds: number;
  readonly kept: readonly string[];
  readonly gated: Readonly<Record<string, string>>;
  readonly broken: Readonly<Record<string, string>>;
}

interface Generator {
  recordedRuns(): Run[];
  semanticsPage(): string;
  brokenIn(runs: readonly Run[]): string[];
}

const generator = import(pathToFileURL(join(ROOT, 'scripts/pages/semantics.mjs')).href) as Promise<Generator>;

test('conformance:semantics.1 docs/results/semantics.md is what scripts/pages/semantics.mjs writes from the clauses and the recorded runs', async () => {
  assert.is(readFileSync(join(ROOT, 'docs', 'results', 'semantics.md'), 'utf8'), (await generator).semanticsPage());
});

test('conformance:semantics.2 every recorded run has all clauses, broke none, and took less than a minute', async () => {
  const runs = (await generator).recordedRuns();
  const simulated = PERSONALITIES.map((personality) => `kqueue simulator, personality ${personality}`);
  assert.equal(
    runs.map(({ name }) => name),
    ['epoll', ...simulated],
  );
  for (const { name, date, seconds, kept, gated, broken } of runs) {
    assert.equal([...kept, ...Object.keys(gated)].sort(), clauses.map(({ id }) => id).sort(), name);
    assert.equal(broken, {}, name);
    assert.ok(seconds < 60, `${name}: ${seconds} s`);
    assert.match(date, /^\d{4}-\d\d-\d\d$/);
  }
});

test('conformance:semantics.3 a recorded failure stops the generation of the page', async () => {
  const { brokenIn } = await generator;
  const run = {
    name: 'epoll',
    date: '2000-01-01',
    seconds: 1,
    kept: [],
    gated: {},
    broken: { 'edge.1': 'nothing came' },
  };
  assert.equal(brokenIn([run, { ...run, broken: {} }]), ['epoll: edge.1: nothing came']);
});
