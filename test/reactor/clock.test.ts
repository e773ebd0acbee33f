import * as assert from 'uvu/assert';
import { runProgram } from '../support/program.js';
import { WAITERS } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: the clock of the host');
const ONLY_NODE = WAITERS.includes('uv') ? undefined : "only Node's timers can be told from imitations";

test('reactor:clock.1 a fake clock that comes after the package neither stops changes and timeouts nor outlives itself', () => {
  const { stdout, stderr } = runProgram('fake-clock', 'later');
  assert.equal(JSON.parse(stdout || '0'), ['changed', 'ETIMEDOUT', 'ETIMEDOUT'], stderr);
});

test('reactor:clock.2 globals that are replaced while the package is loaded do not matter', () => {
  const { stdout, stderr } = runProgram('fake-clock', 'globals');
  assert.equal(JSON.parse(stdout || '0'), ['changed', 'ETIMEDOUT', 'ETIMEDOUT'], stderr);
});

test.unless(ONLY_NODE)(
  'reactor:clock.3 where there was nothing but a fake clock, changes are applied, and timeouts come once it is gone',
  () => {
    const { stdout, stderr } = runProgram('fake-clock', 'everything');
    assert.equal((JSON.parse(stdout || '0') as string[]).sort(), ['ETIMEDOUT', 'changed', 'late'], stderr);
  },
);
