import * as assert from 'uvu/assert';
import { runProgram } from '../support/program.js';
import { WAITERS } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: the clock of the host');
const ONLY_NODE = WAITERS.includes('uv') ? undefined : "only Node's timers can be told from imitations";

test('reactor:clock.1 a fake clock that is installed after the package was loaded delays neither changes of interest nor timeouts', () => {
  const { stdout, stderr } = runProgram('fake-clock', 'later');
  assert.equal(JSON.parse(stdout || '0'), ['changed', 'ETIMEDOUT', 'ETIMEDOUT'], stderr);
});

test('reactor:clock.2 globals that are replaced after the package was loaded have no effect', () => {
  const { stdout, stderr } = runProgram('fake-clock', 'globals');
  assert.equal(JSON.parse(stdout || '0'), ['changed', 'ETIMEDOUT', 'ETIMEDOUT'], stderr);
});

test.unless(ONLY_NODE)(
  'reactor:clock.3 with a fake clock from the start changes are applied, and timeouts come once the fake clock is gone',
  () => {
    const { stdout, stderr } = runProgram('fake-clock', 'everything');
    assert.equal((JSON.parse(stdout || '0') as string[]).sort(), ['ETIMEDOUT', 'changed', 'late'], stderr);
  },
);
