import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clauses } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { pollux } from '../support/command.js';
import { EXAMPLES } from '../support/example.js';
import { BACKEND } from '../support/facts.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('audit: own programs');

/** Clauses that do on purpose what an audit finds. */
const PLANTED: readonly RegExp[] = [
  // They close registered descriptors.
  /^reuse\./,
  /^batch\.9$/,
  /^nested\.5$/,
  // They do not look at a batch; of the threads, when they are woken for the last time.
  /^threads\./,
  /^batch\.11$/,
  /^listener\.8$/,
  /^connect\.7$/,
  /^sources\.7$/,
];

const selected = clauses.map(({ id }) => id).filter((id) => !PLANTED.some((planted) => planted.test(id)));

test.unless(BACKEND === 'epoll' ? undefined : 'the simulator is too slow to run the suite once more')(
  'audit:own.1 the clauses of the conformance suite, but for those that plant a fault, have no finding',
  scoped((scope) => {
    const module = join(scope.directory(), 'audited.cjs');
    // On a busy machine a clause may take longer than the usual limits for handlers and for silence.
    writeFileSync(
      module,
      `const { createPoller } = require(${JSON.stringify(require.resolve('pollux'))});
      const audit = { mode: 'throw', quietMs: 5000, slowHandlerMs: 60_000 };
      exports.createPoller = (options) => createPoller({ ...options, audit });`,
    );
    const args = ['--module', module, '--reporter', 'tap', '--filter', selected.join(',')];
    const { stdout, status } = pollux(['conformance', ...args]);
    assert.equal(stdout.match(/^not ok .*$/gm), null, stdout);
    assert.is(status, 0);
  }),
);

for (const [name, ...args] of [['oneshot-pool'], ['mortal-pool'], ['reuseport-workers', 'reuseport']]) {
  test(`audit:own.2 the example ${name} has no finding`, () => {
    const { status, stderr } = spawnSync(process.execPath, [join(EXAMPLES, `${name}.mjs`), ...args], {
      encoding: 'utf8',
      env: { ...process.env, POLLUX_AUDIT: 'json' },
      timeout: 120_000,
    });
    // Deno prints the error of a worker that ends.
    assert.equal([status, stderr.match(/^\{.*$/gm)], [0, null]);
  });
}
