import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { AuditFinding } from 'pollux';
import { pollux } from '../support/command.js';
import { ROOT } from '../support/paths.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('cli: audit');

/** The text of a script that registers a descriptor, and then does `rest`. */
const script = (rest: string): string => `
  const { createPoller, READABLE, WRITABLE } = require(${JSON.stringify(ROOT)});
  const sys = require(${JSON.stringify(join(ROOT, 'dist/sys.js'))});
  const [a, b] = sys.socketPair();
  const poller = createPoller();
  poller.add(a, READABLE | WRITABLE);
  ${rest}`;

const CORRECT = 'poller.wait(1000); poller.remove(a); poller.close(); console.log(process.argv.slice(2).join());';
const SPINS = 'for (let count = 0; count < 50; count++) poller.wait(1000); poller.remove(a); poller.close();';
const LEAVES = 'console.log("end");';

function audited(
  text: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): ReturnType<typeof pollux> {
  let ended!: ReturnType<typeof pollux>;
  void scoped((scope) => {
    const file = join(scope.directory(), 'script.cjs');
    writeFileSync(file, script(text));
    ended = pollux(['audit', ...before, file, ...after]);
  })();
  return ended;
}

test('cli:audit.1 a script without a fault: status 0, and its arguments are its own', () => {
  const { stdout, stderr, status } = audited(CORRECT, [], ['--json', '--help', 'x']);
  assert.equal([status, stdout, stderr], [0, '--json,--help,x\npollux audit: nothing was found\n', '']);
});

test('cli:audit.2 a script with a fault: status 1, the finding with its code, cure and place, and how many', () => {
  const { stdout, stderr, status } = audited(SPINS);
  assert.equal([status, stderr], [1, '']);
  assert.match(stdout, /^POLLUX_WRITABLE_SPIN fd \d+ \(unix socket\): WRITABLE was reported 20 times/);
  assert.match(stdout, /Ask for WRITABLE only while[^]*at .*script\.cjs:6[^]*\npollux audit: 1 finding\n$/);
});

test('cli:audit.3 --json prints one object a line', () => {
  const { stdout, status } = audited(LEAVES, ['--json']);
  const [end, line, ...rest] = stdout.split('\n');
  assert.equal([status, end, rest], [1, 'end', ['']]);
  assert.is((JSON.parse(line!) as AuditFinding).code, 'POLLUX_NEVER_REMOVED');
});

test('cli:audit.4 --only reports the codes that it names', () => {
  assert.is(audited(SPINS, ['--only', 'POLLUX_GHOST,POLLUX_NEVER_REMOVED']).status, 0);
  assert.is(audited(SPINS, ['--only', 'POLLUX_GHOST', '--only=POLLUX_WRITABLE_SPIN']).status, 1);
});

test('cli:audit.5 a script that fails: status 1, and a line that says so', () => {
  const { stderr, status } = audited(`${CORRECT} process.exit(3);`);
  assert.equal([status, stderr], [1, 'pollux: the script ended with the exit status 3\n']);
});

test('cli:audit.6 a wrong command line is refused with status 2', () => {
  const refusals: ReadonlyArray<[args: string[], message: RegExp]> = [
    [['audit'], /no script given/],
    [['audit', 'no-such-script.js'], /there is no file no-such-script\.js/],
    [['audit', '--jsn', 'x.js'], /unknown option '--jsn'.*--json/],
    [['audit', '--only', 'POLLUX_GOST', 'x.js'], /"POLLUX_GOST" is the code of no finding.*POLLUX_GHOST/],
  ];
  for (const [args, message] of refusals) {
    const { stderr, status } = pollux(args);
    assert.is(status, 2, args.join(' '));
    assert.match(stderr, message);
  }
});

test('cli:audit.7 findings of a thread that the script starts are reported', () => {
  const { stdout, status } = audited(
    `poller.remove(a); poller.close();
    new (require('node:worker_threads').Worker)(\`
      const { createPoller, WRITABLE } = require(${JSON.stringify(ROOT)});
      const poller = createPoller();
      poller.add(\${b}, WRITABLE);
      for (let count = 0; count < 50; count++) poller.wait(1000);
      poller.remove(\${b});
      poller.close();\`, { eval: true });`,
  );
  assert.is(status, 1);
  assert.match(stdout, /^POLLUX_WRITABLE_SPIN /);
});
