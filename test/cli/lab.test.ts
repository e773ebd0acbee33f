import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { backends } from 'pollux';
import { pollux, polluxInShell } from '../support/command.js';
import { OnTerminal } from '../support/on-terminal.js';
import { on } from '../support/runtime.js';
import { type Scope, scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('cli-lab');
const BACKEND = backends()[0];

function scriptFile(scope: Scope, text: string): string {
  const file = join(scope.directory(), 'script.lab');
  writeFileSync(file, text);
  return file;
}

const TIMELINE = `fd is the read end of a pipe, peer its write end; ${BACKEND}
                          LEVEL        ONESHOT
open pipe                 ·            ·
write 2 (2 unread)        READABLE     READABLE

# Again:
wait (2 unread)           READABLE     · disarmed
`;
const SCRIPT = 'modes LEVEL ONESHOT\nopen pipe\nwrite 2\n# Again:\nwait\n';

test(
  'cli:lab.1 a script is run and its timeline printed, from a file and from standard input',
  scoped((scope) => {
    const file = scriptFile(scope, SCRIPT);
    for (const args of [[file], [file, '--text'], ['--text', file]])
      assert.equal(pollux(['lab', ...args]), { stdout: TIMELINE, stderr: '', status: 0 });
    for (const args of ['', '-', '--text -'])
      assert.equal(polluxInShell(`$pollux lab ${args} < '${file}'`), { stdout: TIMELINE, stderr: '', status: 0 });
    const { stdout, status } = pollux(['lab', '--svg', file]);
    assert.is(status, 0);
    assert.match(stdout, /^<svg [^]*<\/svg>\n$/);
  }),
);

test(
  'cli:lab.2 a wrong line of a script is named on stderr, and the exit status is 1',
  scoped((scope) => {
    const file = scriptFile(scope, 'open pipe\nwrte 3\n');
    assert.equal(pollux(['lab', file]), {
      stdout: '',
      stderr: `pollux: ${file}:2: unknown command "wrte". Did you mean "write"?\n`,
      status: 1,
    });
    const late = scriptFile(scope, 'modes LEVEL\nopen pipe\nclose\nwrite 3\nwait\n');
    const { stdout, stderr, status } = pollux(['lab', late]);
    assert.equal([stderr, status], [`pollux: ${late}:4: peer is closed\n`, 1]);
    assert.match(stdout, /\nclose .*READABLE\n[^]*HANGUP\n$/);
  }),
);

test(
  'cli:lab.3 a command line that makes no sense is answered with the reason and exit status 2',
  scoped((scope) => {
    const folder = scope.directory();
    const wrong: ReadonlyArray<readonly [args: string[], message: RegExp]> = [
      [['no-such-file.lab'], /there is no file no-such-file\.lab/],
      [[folder], /is a directory; name a script/],
      [['a', 'b'], /unexpected argument 'b'/],
      [['--text', '--svg'], /--text and --svg exclude each other/],
      [['a', '--lesson', 'edge-drain'], /a FILE and --lesson exclude each other/],
      [['--lessons', 'a'], /--lessons goes with no script/],
      [['--lesson', 'zebra'], /there is no lesson "zebra": level-echo, /],
      [['--record', 'x', '--svg'], /--record goes with a session/],
    ];
    for (const [args, message] of wrong) {
      const { stdout, stderr, status } = pollux(['lab', ...args]);
      assert.equal([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, message);
    }
  }),
);

test('cli:lab.4 --lessons lists the lessons, and --lesson runs one with its text where there is no terminal', () => {
  const { stdout, status } = pollux(['lab', '--lessons']);
  assert.is(status, 0);
  assert.equal(
    stdout.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []),
    ['level-echo', 'edge-drain', 'half-close', 'oneshot-pool', 'hangup-spin', 'dup-ghost', 'thundering-herd'],
  );
  const lesson = pollux(['lab', '--lesson', 'level-echo']);
  assert.match(lesson.stdout, /^# The peer sends 4 bytes [^]*\nread 1 \(3 unread\) +READABLE [^]*\n# To try: /);
});

test('cli:lab.5 the output has colour on a terminal or with FORCE_COLOR, and nowhere else', () => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const args = ['lab', '--lesson', 'dup-ghost'];
  assert.not.match(pollux(args, { ...env, FORCE_COLOR: '0' }).stdout, /\x1b\[/);
  assert.match(pollux(args, { ...env, FORCE_COLOR: '1' }).stdout, /\x1b\[2m· removed\x1b\[0m/);
  assert.not.match(pollux([...args, '--svg'], { ...env, FORCE_COLOR: '1' }).stdout, /\x1b\[/);
});

test(
  'cli:lab.6 on a terminal a session completes words, keeps a history, takes back, and records',
  scoped(async (scope) => {
    const file = join(scope.directory(), 'record.lab');
    const terminal = OnTerminal.start(scope, ['lab', '--record', file], { NO_COLOR: '1' });
    let all = await terminal.shows(/lab> /);
    const enter = async (line: string, shown: RegExp): Promise<void> => {
      terminal.type(`${line}\r`);
      all += await terminal.shows(shown);
      all += await terminal.shows(/lab.*> /);
    };
    terminal.type('ope');
    all += await terminal.shows(/ope/);
    terminal.type('\t');
    all += await terminal.shows(/n /);
    terminal.type('pip');
    all += await terminal.shows(/pip/);
    terminal.type('\t');
    all += await terminal.shows(/e /);
    await enter('', /open pipe +· +·.*/);
    await enter('write 3', /write 3 \(3 unread\) +READABLE +READABLE +READABLE/);
    // The line before, by the arrow key.
    await enter('\x1b[A', /write 3 \(6 unread\) +READABLE/);
    await enter('undo', /taken back: write 3\s+write 3 \(3 unread\)/);
    await enter('rite', /unknown command "rite"\. Did you mean "write"\?/);
    await enter('lesson dup-ghost', /The ghost: /);
    await enter('', /open pipe +· +·/);
    terminal.type('\x04');
    assert.is(await terminal.ended(), 0);
    assert.not.match(all, /\x1b\[[\d;]*m/);
    assert.match(
      readFileSync(file, 'utf8'),
      /^# pollux .*\nopen pipe +# .*\nwrite 3 +# LEVEL READABLE, .*\ntitle The ghost/,
    );
  }),
);

test(
  'cli:lab.7 on a terminal a lesson waits for Enter, in colour; Ctrl-C empties the line, and ends the session after that',
  scoped(async (scope) => {
    const terminal = OnTerminal.start(scope, ['lab', '--lesson', 'edge-drain']);
    const opening = await terminal.shows(/lab \(Enter: open socketpair\)> /);
    assert.match(opening, /\x1b\[1mEdge: .*\x1b\[0m[^]*\x1b\[36m# The handler reads 2 bytes/);
    terminal.type('\r');
    await terminal.shows(/lab \(Enter: write 4\)> /);
    terminal.type('\r');
    assert.match(await terminal.shows(/lab \(Enter: read 2\)> /), /write 4 \(4 unread\) +\x1b\[32mREADABLE\x1b\[0m/);
    terminal.type('nonsense');
    await terminal.shows(/nonsense/);
    terminal.type('\x03');
    await terminal.shows(/> /);
    terminal.type('\x03');
    assert.is(await terminal.ended(), 0);
  }),
);

test(
  'cli:lab.8 a record that cannot be written ends the session before it begins',
  scoped(async (scope) => {
    const terminal = OnTerminal.start(scope, ['lab', '--record', '/nowhere/x.lab']);
    await terminal.shows(/pollux: \/nowhere\/x\.lab cannot be written: ENOENT/);
    assert.is(await terminal.ended(), 1);
  }),
);

test.unless(on('deno', 'Deno installs the handler of a signal some time after process.on()'))(
  'cli:lab.9 a session that a signal ends has the exit status of shells for that signal, and leaves no temporary folder',
  scoped(async (scope) => {
    for (const [signal, status] of [
      ['SIGHUP', 129],
      ['SIGTERM', 143],
    ] as const) {
      const TMPDIR = scope.directory();
      const terminal = OnTerminal.start(scope, ['lab'], { TMPDIR });
      await terminal.shows(/lab> /);
      terminal.type('open listener\r');
      await terminal.shows(/open listener +.*·/);
      await terminal.shows(/lab> /);
      assert.is(readdirSync(TMPDIR).length, 1);
      terminal.kill(signal);
      assert.is(await terminal.ended(), status);
      assert.equal(readdirSync(TMPDIR), []);
    }
  }),
);

test(
  'cli:lab.10 --check compares a run with the record: exit status 1 and the line where it differs, or where there is no record',
  scoped((scope) => {
    const check = (text: string): { stderr: string; status: number | null } => {
      const { stderr, status } = pollux(['lab', '--check', scriptFile(scope, text)]);
      return { stderr: stderr.replace(/\S+\/script\.lab/g, 'FILE'), status };
    };
    const record = 'modes LEVEL ONESHOT\nopen pipe # LEVEL ·, ONESHOT ·\nwrite  # LEVEL READABLE, ONESHOT READABLE\n';
    assert.equal(check(`${record}wait # LEVEL READABLE, ONESHOT · disarmed\n`), { stderr: '', status: 0 });
    assert.equal(check(`${record}# As level:\nwait # LEVEL READABLE, ONESHOT READABLE\ndrain # just a remark\n`), {
      stderr:
        'pollux: FILE:5: wait: recorded LEVEL READABLE, ONESHOT READABLE; now LEVEL READABLE, ONESHOT · disarmed\n',
      status: 1,
    });
    assert.equal(check('open pipe\nwrite # a remark\n'), {
      stderr: 'pollux: FILE does not say what was seen, as a script of --record does\n',
      status: 1,
    });
  }),
);
