import { clauses, runConformance } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { ALLOWED } from '../mutants/allowed.js';
import { CAUGHT_BY, UNCAUGHT } from '../mutants/caught-by.js';
import { MUTANTS } from '../mutants/table.js';
import { suite } from '../support/suite.js';

const test = suite('conformance-mutants', { needs: ['node'] });

const MUTANTS_MODULE = require.resolve('../mutants/module.js');
/** Short, because a clause waits this long for an event that a mutant loses. */
const TIMEOUT_MS = 600;
/** Long, for clauses that have to pass on a busy machine too. */
const PATIENT_MS = 30_000;

test('conformance:mutants.1 there are 60 mutants or more, and each names the clauses that catch it', () => {
  assert.ok(Object.keys(MUTANTS).length >= 60);
  assert.equal(Object.keys(CAUGHT_BY).sort(), Object.keys(MUTANTS).sort());
  const ids = new Set(clauses.map(({ id }) => id));
  for (const [mutant, caughtBy] of Object.entries(CAUGHT_BY)) {
    assert.ok(caughtBy.length > 0, mutant);
    for (const id of caughtBy) assert.ok(ids.has(id), `${mutant}: there is no clause ${id}`);
  }
});

test('conformance:mutants.2 each clause catches a mutant, or is listed with the reason why no mutant can break it', () => {
  const catching = new Set(Object.values(CAUGHT_BY).flat());
  const uncaught = clauses.filter(({ id }) => !catching.has(id)).map(({ id }) => id);
  assert.equal(uncaught, Object.keys(UNCAUGHT));
});

for (const [mutant, { wrong }] of Object.entries(MUTANTS)) {
  const caughtBy = CAUGHT_BY[mutant] ?? [];
  test(`conformance:mutants.3 ${mutant}, where ${wrong}, is caught by ${caughtBy.join(', ')}`, async () => {
    const report = await runConformance({
      module: MUTANTS_MODULE,
      pollerOptions: { mutant },
      filter: caughtBy.join(','),
      timeoutMs: TIMEOUT_MS,
      reuseAfterFailure: true,
    });
    assert.equal(
      report.results.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id),
      [],
    );
    assert.ok(report.failed > 0 || report.gated === caughtBy.length, 'no clause ran');
  });
}

for (const [name, { wrong }] of Object.entries(ALLOWED)) {
  test(`conformance:mutants.4 ${name}, where ${wrong}, is caught by no clause`, async () => {
    const report = await runConformance({
      module: MUTANTS_MODULE,
      pollerOptions: { mutant: name },
      timeoutMs: PATIENT_MS,
    });
    assert.equal(
      report.results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`),
      [],
    );
  });
}
