import * as assert from 'uvu/assert';
import { backends } from 'pollux';
import { endThreads, EXTRA_EDGES, inShort, LESSONS, lessonNamed, runScript, type Step } from '../support/lab.js';
import { suite } from '../support/suite.js';

const test = suite('lab-lessons');
const BACKEND = backends()[0]!;

async function stepsOf(name: string): Promise<Step[]> {
  const { parts } = await runScript(lessonNamed(name).script, name);
  await endThreads();
  return parts.filter((part): part is Step => typeof part !== 'string');
}

/** What each lesson shows: on epoll exactly; elsewhere EDGE may report more, and its columns are not compared. */
const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  'level-echo': [
    'open socketpair | · · · ·',
    'write 4 | R R R R',
    'read 1 | R · disarmed disarmed',
    'write 1 fd | R · disarmed disarmed',
    'drain → 3, WOULD_BLOCK | · · disarmed disarmed',
  ],
  'edge-drain': [
    'open socketpair | · ·',
    'write 4 | R R',
    'read 2 | R ·',
    'wait | R ·',
    'write 1 | R R',
    'drain → 3, WOULD_BLOCK | · ·',
    'write 1 | R R',
  ],
  'half-close': [
    'open tcp | · · · ·',
    'write 2 | R R R R',
    'shutdown | RC RC disarmed disarmed',
    'drain → 2, the end | RC · disarmed disarmed',
    'write 3 fd | RC · disarmed disarmed',
    'drain peer → 3, WOULD_BLOCK | RC · disarmed disarmed',
    'watch WRITABLE | W W W W',
    'watch READABLE | RC RC RC RC',
    'shutdown fd | RCH RCH disarmed disarmed',
  ],
  'oneshot-pool': [
    'open socketpair | · · · ·',
    'write 2 | R R R R',
    'wait | R · disarmed disarmed',
    'write 1 | R R disarmed disarmed',
    'drain → 3, WOULD_BLOCK | · · disarmed disarmed',
    'rearm | · · · ·',
    'write 1 | R R R R',
  ],
  'hangup-spin': [
    'open pipe | · · ·',
    'write 2 | R R R',
    'close | RCH RCH disarmed',
    'drain → 2, the end | RCH · disarmed',
    'wait | RCH · disarmed',
    'watch nothing | paused paused paused',
    'remove | removed removed removed',
    'close fd | removed removed removed',
  ],
  'dup-ghost': [
    'open pipe | · ·',
    'dup | · ·',
    'close fd | · ·',
    BACKEND === 'epoll' ? 'write 1 | R R' : 'write 1 | · ·',
    'remove | EBADF removed EBADF removed',
    'open pipe | · ·',
    'dup | · ·',
    'remove | removed removed',
    'close fd | removed removed',
    'write 1 | removed removed',
  ],
};

/** A step without the columns of registrations with EDGE. */
function withoutEdges(step: Step): Step {
  const cells = step.cells.filter((_, index) => !step.modes[index]!.name.startsWith('EDGE'));
  return { ...step, cells };
}

/** An expected line without the words of those columns. */
function expectedWithoutEdges(line: string, { modes, cells }: Step): string {
  const [label, said] = line.split(' | ') as [string, string];
  const words = said.split(' ');
  const perCell = words.length / cells.length;
  const kept = modes.flatMap(({ name }, index) =>
    name.startsWith('EDGE') ? [] : words.slice(index * perCell, (index + 1) * perCell),
  );
  return `${label} | ${kept.join(' ')}`;
}

for (const [name, outcome] of Object.entries(OUTCOMES)) {
  test(`lab:lessons.1 the lesson ${name} shows what its text says`, async () => {
    const steps = await stepsOf(name);
    assert.is(steps.length, outcome.length);
    for (const [index, step] of steps.entries()) {
      if (EXTRA_EDGES === undefined) assert.is(inShort(step), outcome[index]);
      else assert.is(inShort(withoutEdges(step)), expectedWithoutEdges(outcome[index]!, step));
    }
  });
}

test('lab:lessons.2 the lesson thundering-herd wakes every thread for one connection, and one of them gets it', async () => {
  const steps = (await stepsOf('thundering-herd')).map(inShort);
  assert.equal(steps.slice(0, 5), [
    'open listener | · · · ·',
    'block | waits waits waits waits',
    'connect | R R R R',
    'accept → a connection | · · · ·',
    'accept → WOULD_BLOCK | · · · ·',
  ]);
  if (BACKEND === 'epoll') assert.match(steps.at(-1)!, /^connect \| .*R/);
});

test('lab:lessons.3 a lesson has a title, comments before and after its commands, and lines of at most 80 columns', async () => {
  for (const { name, title, text } of LESSONS) {
    assert.ok(title.length > 10, name);
    for (const line of text.split('\n')) assert.ok([...line.replace(/^\w+\| /, '')].length <= 80, `${name}: ${line}`);
    for (const backend of ['epoll', 'kqueue']) {
      const lines = lessonNamed(name, backend).script.trim().split('\n');
      assert.match(lines[0]!, `title ${title}`);
      assert.match(lines[1]!, /^# /);
      assert.match(lines.at(-1)!, /^# /);
      assert.ok(!lines.some((line) => line.includes('| #')), `${name} on ${backend}`);
    }
  }
});

test('lab:lessons.4 a misspelt lesson is answered with the one that was probably meant, or with the list', () => {
  assert.throws(() => lessonNamed('dup-gost'), /there is no lesson "dup-gost"\. Did you mean "dup-ghost"\?/);
  assert.throws(() => lessonNamed('zebra'), /there is no lesson "zebra": level-echo, edge-drain, /);
});
