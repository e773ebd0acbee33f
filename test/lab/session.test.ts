import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backends } from 'pollux';
import * as assert from 'uvu/assert';
import { endThreads, linesOf, PLAIN, runScript, Session } from '../support/lab.js';
import { type Scope, scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('lab-session');

interface Dialogue {
  readonly session: InstanceType<typeof Session>;
  /** Enters a line. Resolves with what the session tells. */
  says(line: string): Promise<string[]>;
}

function dialogue(scope: Scope, record?: string): Dialogue {
  const told: string[] = [];
  const session = new Session({ tell: (line) => told.push(line), paints: PLAIN, record });
  scope.atEnd(() => {
    void session.end();
    void endThreads();
  });
  return {
    session,
    async says(line) {
      assert.is(await session.enter(line), true);
      return told.splice(0);
    },
  };
}

test(
  'lab:session.1 a command is answered with a line of what each mode reports',
  scoped(async (scope) => {
    const { says } = dialogue(scope);
    assert.equal(await says('open pipe'), [
      `fd is the read end of a pipe, peer its write end; ${backends()[0]}`,
      '                          LEVEL        EDGE         ONESHOT      EDGE|ONESHOT',
      'open pipe                 ·            ·            ·            ·',
    ]);
    assert.equal(await says('write 2'), ['write 2 (2 unread)        READABLE     READABLE     READABLE     READABLE']);
    assert.match((await says('wait'))[0]!, /^wait \(2 unread\) +READABLE .*· disarmed +· disarmed$/);
  }),
);

test(
  'lab:session.2 undo takes back commands one by one: the descriptor is as it was before each of them',
  scoped(async (scope) => {
    const { says } = dialogue(scope);
    assert.equal(await says('modes LEVEL'), ['The next "open" has these columns.']);
    for (const line of ['open socketpair', 'write 3', 'read 1', 'close']) await says(line);
    assert.equal(await says('undo'), ['taken back: close', 'read 1 (2 unread)         READABLE']);
    assert.equal(await says('write 4'), ['write 4 (6 unread)        READABLE']);
    assert.equal((await says('undo'))[0], 'taken back: write 4');
    assert.equal(await says('undo'), ['taken back: read 1', 'write 3 (3 unread)        READABLE']);
    assert.equal(await says('history'), ['modes LEVEL', 'open socketpair', 'write 3']);
    for (let left = 3; left > 0; left--) assert.match((await says('undo'))[0]!, /^taken back: /);
    assert.equal(await says('undo'), ['there is nothing to take back']);
    assert.equal(await says('write'), ['nothing is open: begin with "open pipe", or another kind']);
  }),
);

test(
  'lab:session.3 a wrong line is answered with the reason, changes nothing, and is not recorded',
  scoped(async (scope) => {
    const { says } = dialogue(scope);
    await says('modes LEVEL');
    await says('open pipe');
    assert.equal(await says('wrte'), ['unknown command "wrte". Did you mean "write"?']);
    assert.equal(await says('histroy'), ['unknown command "histroy". Did you mean "history"?']);
    assert.equal(await says('undo 3'), ['"undo" takes no "3"']);
    assert.equal(await says('help wrte'), ['there is no command "wrte". Did you mean "write"?']);
    assert.match((await says('lesson')).join(' '), /^"lesson" needs a name: level-echo, edge-drain, /);
    assert.match((await says('lesson edge-drian'))[0]!, /Did you mean "edge-drain"\?/);
    assert.match(
      (await says('save x.png'))[0]!,
      /^"save" needs a name that ends in \.svg, \.txt or \.lab, not "x\.png"/,
    );
    assert.equal(await says('history'), ['modes LEVEL', 'open pipe']);
    assert.equal(await says('wait'), ['wait                      ·']);
  }),
);

test(
  'lab:session.4 help lists every command in 80 columns, and explains one',
  scoped(async (scope) => {
    const { says } = dialogue(scope);
    const help = await says('help');
    for (const name of ['open', 'write', 'rearm', 'undo', 'lesson', 'quit'])
      assert.ok(
        help.some((line) => line.startsWith(`${name} `)),
        name,
      );
    assert.equal(
      help.filter((line) => [...line].length > 80),
      [],
    );
    assert.equal(await says('help fill'), ['fill [END]                  writes until WOULD_BLOCK']);
    for (const line of ['lessons', 'show', 'history']) await says(line);
  }),
);

test(
  'lab:session.5 completion offers commands, their words, lessons, and nothing after a command without words',
  scoped((scope) => {
    const { session } = dialogue(scope);
    const offered = (line: string): string[] => session.complete(line)[0];
    assert.equal(offered('re'), ['read ', 'rearm ', 'reset ', 'remove ']);
    assert.equal(offered('open p'), ['pipe ', 'pty ']);
    assert.equal(offered('watch wr'), ['WRITABLE ']);
    assert.equal(offered('write 3 pe'), ['peer ']);
    assert.equal(offered('lesson ed'), ['edge-drain ']);
    assert.equal(offered('help un'), ['undo ']);
    assert.equal(offered('wait '), []);
    assert.ok(offered('').length > 20);
  }),
);

test(
  'lab:session.6 a recorded session is a script that gives the same timeline, with what was seen as comments',
  scoped(async (scope) => {
    const file = join(scope.directory(), 'session.lab');
    const { says } = dialogue(scope, file);
    assert.match(readFileSync(file, 'utf8'), /^# pollux \d+\.\d+\.\d+, \w+ .*\n$/);
    for (const line of ['modes LEVEL ONESHOT', 'open pipe', 'write 2', 'wait', 'nonsense', 'close', 'undo'])
      await says(line);
    const script = readFileSync(file, 'utf8');
    assert.match(
      script,
      /^write 2 +# LEVEL READABLE, ONESHOT READABLE\nwait +# LEVEL READABLE, ONESHOT · disarmed\n$/m,
    );
    assert.equal(
      linesOf(script, file).flatMap((line) => ('comment' in line ? [] : [line.command.text])),
      ['modes LEVEL ONESHOT', 'open pipe', 'write 2', 'wait'],
    );
    assert.equal(await says('# That was expected.'), []);
    await says('remove');
    await says('rearm');
    assert.match(
      readFileSync(file, 'utf8'),
      /\n# That was expected\.\nremove +# LEVEL · removed, .*\nrearm +# LEVEL ENOENT, /,
    );
    const { compared, differences } = await runScript(readFileSync(file, 'utf8'), file);
    assert.equal([compared, differences], [5, []]);
    for (const line of ['undo', 'undo']) await says(line);
    assert.equal(await says('undo'), [
      'taken back: # That was expected.',
      'wait (2 unread)           READABLE     · disarmed',
    ]);
  }),
);

test(
  'lab:session.7 save writes the picture, the text and the script; a file that cannot be written is named',
  scoped(async (scope) => {
    const folder = scope.directory();
    const { says } = dialogue(scope);
    for (const line of ['modes LEVEL', 'title A pipe', 'open pipe', 'write']) await says(line);
    for (const [name, content] of [
      ['a.svg', /^<svg .*<title id="t">A pipe<\/title>/s],
      ['a.txt', /^fd is the read end of a pipe.*\n.*LEVEL\nopen pipe +·\nwrite \(1 unread\) +READABLE\n$/],
      ['a.lab', /^# pollux .*\nmodes LEVEL\ntitle A pipe\nopen pipe +# LEVEL ·\nwrite +# LEVEL READABLE\n$/],
    ] as const) {
      assert.equal(await says(`save ${join(folder, name)}`), [`written: ${join(folder, name)}`]);
      assert.match(readFileSync(join(folder, name), 'utf8'), content);
    }
    const lost = join(folder, 'nowhere', 'a.svg');
    assert.match((await says(`save ${lost}`)).join(' '), /a\.svg cannot be written: ENOENT/);
    assert.not(existsSync(lost));
  }),
);

test(
  'lab:session.8 in a lesson an empty line performs the next command, and undo gives it back to the lesson',
  scoped(async (scope) => {
    const { session, says } = dialogue(scope);
    const opening = await says('lesson edge-drain');
    assert.match(opening.join('\n'), /^Edge: .*\n# The handler reads 2 bytes /);
    assert.is(session.next, 'open socketpair');
    assert.match((await says('')).join('\n'), /\nopen socketpair +· +·$/);
    assert.is(session.next, 'write 4');
    assert.match((await says('')).join('\n'), /^write 4 \(4 unread\) +READABLE +READABLE$/);
    assert.match((await says('read 1')).join('\n'), /^read 1 \(3 unread\)/);
    await says('undo');
    assert.is(session.next, 'read 2');
    await says('undo');
    assert.is(session.next, 'write 4');
    while (session.next !== undefined) await says('');
    assert.equal(await says(''), []);
    assert.is(await session.enter('quit'), false);
  }),
);
