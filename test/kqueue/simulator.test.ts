import * as assert from 'uvu/assert';
import { compile, KNOTE_CHECK, KQUEUE_ADDON, PERSONALITIES, run } from '../support/kqueue.js';
import { suite } from '../support/suite.js';

const test = suite('native/bsd over the kqueue simulator');

/** Fewer than this cannot be the whole program. */
const FEWEST_CLAUSES = 50;

test('kqueue:simulator.1 the simulator gives the answers that were recorded on real kernels', () => {
  const { status, output } = run(process.execPath, ['test/kqueue-simulator/tests/compare.mjs']);
  assert.is(status, 0, output);
});

test('kqueue:simulator.3 the simulator passes its own checks, and the sanitizers find nothing', () => {
  const { status, output } = run(process.execPath, ['test/kqueue-simulator/tests/check.mjs', 'address']);
  assert.is(status, 0, output);
});

let knoteCheck = '';

test('kqueue:simulator.2 backend, simulator and check compile without a warning', () => {
  knoteCheck = compile('kqueue-check', KNOTE_CHECK);
});

for (const personality of PERSONALITIES) {
  test(`kqueue:simulator.4 ${personality}: registry and knotes agree after each change has failed`, () => {
    const { status, output, lastLine } = run(knoteCheck, [], { KQUEUE_PERSONALITY: personality });
    const [, passed, all] = /^(\d+) of (\d+) passed$/.exec(lastLine) ?? [];
    assert.equal([passed, status], [all, 0], output);
    assert.ok(Number(passed) >= FEWEST_CLAUSES, output);
  });
}

test('kqueue:simulator.9 the addon over the simulator has the backend "kqueue" and no other', () => {
  const { output } = run(process.execPath, ['-p', "JSON.stringify(require('pollux').backends())"], {
    POLLUX_BINDING: KQUEUE_ADDON,
  });
  assert.is(output, '["kqueue"]\n');
});
