import { join } from 'node:path';
import type { Report, Result } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { type Ended, pollux } from '../support/command.js';
import { withModules } from '../support/modules.js';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('compare-cli', { needs: ['node', 'kernel'] });

const run = (...args: string[]): Ended => pollux(['conformance', ...args]);

/** Runs compare over two reports, which differ from a real one by `change`. */
async function compared(change: (results: Result[]) => Result[], ...args: string[]): Promise<Ended> {
  const { stdout } = run('--filter', 'close.1,close.2,timeout.10', '--reporter', 'json');
  const report = JSON.parse(stdout) as Report;
  let ended: Ended | undefined;
  const other = { ...report, results: change([...report.results]) };
  await withModules({ 'a.json': stdout, 'b.json': JSON.stringify(other) }, (folder) => {
    ended = run('compare', join(folder, 'a.json'), join(folder, 'b.json'), ...args);
  });
  return ended!;
}

test('cli:compare.1 two reports in which every clause ended alike have the exit status 0', async () => {
  const { stdout, stderr, status } = await compared((results) => results);
  assert.equal([stderr, status], ['', 0]);
  assert.match(stdout, /^A: epoll, node .*\nB: epoll, node .*\n\n0 different, 3 alike\n$/);
});

test('cli:compare.2 clauses that ended otherwise are listed with their reasons, and the exit status is 1', async () => {
  const { stdout, status } = await compared(([one, two, three]) => [
    { ...one!, outcome: 'gated', reason: 'no timeouts here' },
    { ...two!, outcome: 'failed', reason: 'left over: descriptor 5\nand another line' },
    three!,
  ]);
  assert.is(status, 1);
  const [, ...parts] = stdout.trimEnd().split('\n\n');
  assert.equal(parts, [
    'passes in A, fails in B: 1\n  close.1 a closed poller has closed true, size 0 and fd −1\n      B: left over: descriptor 5\n      and another line',
    'passes in A, is gated in B: 1\n  timeout.10 a timeout of NaN throws a RangeError\n      B: no timeouts here',
    '2 different, 1 alike',
  ]);
});

test('cli:compare.3 a clause that one report does not have is a difference', async () => {
  const { stdout, status } = await compared(([, ...rest]) => rest);
  assert.is(status, 1);
  assert.match(stdout, /\npasses in A, is not in B: 1\n {2}timeout\.10 /);
});

test('cli:compare.4 with the reporter json the comparison is one object', async () => {
  const { stdout, status } = await compared(
    ([one, ...rest]) => [{ ...one!, outcome: 'failed', reason: 'x' }, ...rest],
    '--reporter',
    'json',
  );
  const { same, differences } = JSON.parse(stdout) as { same: number; differences: object[] };
  assert.equal([status, same, differences.length], [1, 2, 1]);
});

test('cli:compare.5 recorded runs can be compared', () => {
  const runs = join(ROOT, 'docs', 'results', 'runs');
  const { stdout, status } = run('compare', join(runs, 'epoll.json'), join(runs, 'kqueue-netbsd.json'));
  assert.is(status, 1);
  assert.match(stdout, /^A: epoll\nB: kqueue simulator, personality netbsd\n\npasses in A, is gated in B: \d+\n/);
});

test('cli:compare.6 what is no report, and a wrong number of files, end with exit status 2', async () => {
  await withModules({ 'text.json': 'no report', 'object.json': '{"results":[{"id":1}]}' }, (folder) => {
    const own = join(ROOT, 'docs', 'results', 'runs', 'epoll.json');
    const wrong: ReadonlyArray<readonly [string[], RegExp]> = [
      [[], /compare needs two reports/],
      [[own], /compare needs two reports/],
      [[own, own, own], /unexpected argument/],
      [[own, join(folder, 'none.json')], /ENOENT/],
      [[own, folder], /EISDIR/],
      [[own, join(folder, 'text.json')], /text\.json: /],
      [[own, join(folder, 'object.json')], /object\.json: it is no report/],
      [[own, own, '--reporter', 'tap'], /--reporter must be one of spec, json/],
      [[own, own, '--bail'], /unknown option/],
    ];
    for (const [args, words] of wrong) {
      const { stderr, status } = run('compare', ...args);
      assert.is(status, 2, args.join(' '));
      assert.match(stderr, words);
    }
  });
});
