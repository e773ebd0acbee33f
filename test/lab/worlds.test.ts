import { readdirSync } from 'node:fs';
import { backends, createPoller } from 'pollux';
import * as assert from 'uvu/assert';
import { EXTRA_EDGES, endThreads, runScript, stepsOf } from '../support/lab.js';
import { suite } from '../support/suite.js';

const test = suite('lab-worlds');
const ofEdges = test.unless(EXTRA_EDGES);
const personality = process.env['KQUEUE_PERSONALITY'];

ofEdges('lab:worlds.1 the four modes of a socket pair report what the edge, level and oneshot laws say', async () => {
  assert.equal(await stepsOf('open socketpair', 'write 2', 'wait', 'read 1', 'write', 'rearm', 'drain', 'wait'), [
    'open socketpair | · · · ·',
    'write 2 | R R R R',
    'wait | R · disarmed disarmed',
    'read 1 | R · disarmed disarmed',
    'write | R R disarmed disarmed',
    'rearm | R R R R',
    'drain → 2, WOULD_BLOCK | · · disarmed disarmed',
    'wait | · · disarmed disarmed',
  ]);
});

test('lab:worlds.2 each kind of descriptor reports data, and nothing once the data is read', async () => {
  for (const kind of ['pipe', 'fifo', 'socketpair', 'tcp', 'pty'])
    assert.equal(await stepsOf('modes LEVEL ONESHOT', `open ${kind}`, 'write 3', 'drain'), [
      `open ${kind} | · ·`,
      'write 3 | R R',
      'drain → 3, WOULD_BLOCK | · disarmed',
    ]);
});

test('lab:worlds.3 fill makes a writer not writable, and drain of the other end makes it writable again', async () => {
  for (const [kind, opened] of [
    ['pipe writer', 'W'],
    ['socketpair', '·'],
    ['tcp', '·'],
  ]) {
    // TCP takes single bytes before it reports that there is room.
    const write = kind === 'tcp' ? [] : ['write'];
    assert.equal(
      await stepsOf('modes LEVEL', `open ${kind}`, 'watch WRITABLE', 'fill', ...write, 'drain', 'wait'),
      [
        `open ${kind} | ${opened}`,
        'watch WRITABLE | W',
        'fill → WOULD_BLOCK | ·',
        ...write.map(() => 'write → WOULD_BLOCK | ·'),
        'drain → WOULD_BLOCK | W',
        'wait | W',
      ],
      kind,
    );
  }
});

test('lab:worlds.4 a command may name the end that it acts on', async () => {
  assert.equal(
    await stepsOf('modes LEVEL', 'open socketpair', 'write 2 fd', 'read 2 peer', 'read peer', 'write peer'),
    ['open socketpair | ·', 'write 2 fd | ·', 'read 2 peer | ·', 'read peer → WOULD_BLOCK | ·', 'write peer | R'],
  );
});

test('lab:worlds.5 what the system refuses is shown as the code of its error', async () => {
  assert.equal(await stepsOf('modes LEVEL', 'open pipe', 'shutdown', 'remove', 'remove', 'rearm', 'add', 'add'), [
    'open pipe | ·',
    'shutdown → ENOTSOCK | ·',
    'remove | removed',
    'remove | ENOENT removed',
    'rearm | ENOENT removed',
    'add | ·',
    'add | EEXIST ·',
  ]);
});

test('lab:worlds.6 a pause is silent, a reset reports ERROR and HANGUP, a listener counts its connections', async () => {
  assert.equal(await stepsOf('modes LEVEL', 'open socketpair', 'write', 'watch nothing', 'watch READABLE'), [
    'open socketpair | ·',
    'write | R',
    'watch nothing | paused',
    'watch READABLE | R',
  ]);
  assert.equal(await stepsOf('modes LEVEL', 'open tcp', 'reset'), ['open tcp | ·', 'reset | RCHE']);
  assert.equal(await stepsOf('modes LEVEL', 'open listener', 'connect', 'connect', 'accept', 'accept', 'accept'), [
    'open listener | ·',
    'connect | R',
    'connect | R',
    'accept → a connection | R',
    'accept → a connection | ·',
    'accept → WOULD_BLOCK | ·',
  ]);
});

test.unless(personality === 'netbsd' ? 'netbsd does not report to one side of a pty that the other closed' : undefined)(
  'lab:worlds.7 the closed end of a connection, pipe or terminal is reported',
  async () => {
    const closed = async (kind: string): Promise<string> => (await stepsOf('modes LEVEL', `open ${kind}`, 'close'))[1]!;
    assert.is(await closed('pipe'), 'close | RCH');
    assert.is(await closed('socketpair'), 'close | RCH');
    assert.is(await closed('tcp'), 'close | RC');
    assert.is(await closed('pty'), 'close | RCH');
  },
);

test('lab:worlds.8 threads that wait are woken by the next command, and one that is not woken is shown asleep', async () => {
  assert.equal(
    await stepsOf('modes LEVEL EDGE', 'open socketpair', 'block', 'write', 'drain', 'block', 'wait', 'write'),
    [
      'open socketpair | · ·',
      'block | waits waits',
      'write | R R',
      'drain → 1, WOULD_BLOCK | · ·',
      'block | waits waits',
      'wait | asleep asleep',
      'write | R R',
    ],
  );
});

const { exclusive: hasExclusive, priority: hasPriority } = (() => {
  const poller = createPoller();
  poller.close();
  return poller.capabilities;
})();

test.unless(hasExclusive ? undefined : `${backends()[0]} has no EXCLUSIVE`)(
  'lab:worlds.9 of exclusive registrations at least one thread wakes',
  async () => {
    const steps = await stepsOf('modes EXCLUSIVE EXCLUSIVE EXCLUSIVE', 'open listener', 'block', 'connect', 'rearm');
    assert.match(steps[2]!, /^connect \| .*R/);
    assert.match(steps[3]!, /^rearm \| R R R$/);
  },
);

test.unless(hasExclusive ? 'the poller has EXCLUSIVE' : undefined)(
  'lab:worlds.10 a mode that the backend lacks is refused by name',
  async () => {
    const refused = await runScript('modes EXCLUSIVE\nopen pipe', 's').catch((error: Error) => error.message);
    assert.is(refused, `s:2: the backend ${backends()[0]} has no mode EXCLUSIVE`);
  },
);

test.unless(hasPriority ? 'the poller reports PRIORITY' : undefined)(
  'lab:worlds.12 an interest that the backend does not report is refused by name, and changes nothing',
  async () => {
    const parts: unknown[] = [];
    const refused = await runScript('modes LEVEL\nopen pipe\nwatch PRIORITY', 's', (part) => parts.push(part)).catch(
      (error: Error) => error.message,
    );
    assert.is(refused, `s:3: the backend ${backends()[0]} does not report PRIORITY`);
    assert.is(parts.length, 1);
  },
);

test('lab:worlds.13 a kind that the system cannot open is refused with the reason', async () => {
  const { TMPDIR = '/tmp' } = process.env;
  process.env['TMPDIR'] = '/nowhere';
  try {
    for (const kind of ['fifo', 'listener']) {
      const refused = await runScript(`open ${kind}`, 's').catch((error: Error) => error.message);
      assert.match(refused as string, new RegExp(`^s:1: the system opens no ${kind}: .*ENOENT`));
    }
  } finally {
    process.env['TMPDIR'] = TMPDIR;
  }
});

/** How many descriptors are open. */
const open = (): number => readdirSync('/proc/self/fd').length;

test.unless(process.platform === 'linux' ? undefined : 'only Linux lists the descriptors of a process')(
  'lab:worlds.11 a script leaves no descriptor open, also one that fails',
  async () => {
    const script = 'open tcp\nwrite 3\nclose\nopen fifo\nopen pty\nopen listener\nconnect\naccept\nopen pipe';
    await runScript(script, 's');
    const before = open();
    for (let round = 0; round < 3; round++) {
      await runScript(script, 's');
      await runScript(`${script}\naccept`, 's').catch(() => {});
    }
    await endThreads();
    assert.is(open(), before);
  },
);
