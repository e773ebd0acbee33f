import { EDGE, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as assert from 'uvu/assert';
import { FORMS, linesOf, NAMES, parse, runScript, wordsAfter } from '../support/lab.js';
import { suite } from '../support/suite.js';

const test = suite('lab-commands', { needs: ['kernel'] });

/** The message of what `act` throws. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

test('lab:commands.1 a command has what its words say, in any order and spelling of letters', () => {
  const write = parse('  WRITE  Peer 007 ')!;
  assert.equal([write.name, write.bytes, write.end, write.text], ['write', 7, 'peer', 'write peer 7']);
  const open = parse('open PIPE writer')!;
  assert.equal([open.kind, open.isWriter], ['pipe', true]);
  assert.is(parse('watch readable|WRITABLE,read_closed')!.interest, READABLE | WRITABLE | READ_CLOSED);
  assert.is(parse('watch nothing')!.interest, 0);
  assert.equal(
    parse('modes edge edge|oneshot')!.modes.map(({ mode }) => mode),
    [EDGE, EDGE | ONESHOT],
  );
  assert.equal([parse('shutdown')!.direction, parse('shutdown both fd')!.direction], ['write', 'both']);
  assert.equal([parse('write')!.bytes, parse('read')!.bytes], [1, 1]);
});

test('lab:commands.2 a comment, a blank line and what follows # in a line are no command', () => {
  assert.equal(
    [parse(''), parse('   '), parse('# write 3'), parse('  #')],
    [undefined, undefined, undefined, undefined],
  );
  assert.is(parse('write 3 # three bytes')!.text, 'write 3');
  assert.is(parse('title The pipe # one')!.text, 'title The pipe');
});

const WRONG: ReadonlyArray<readonly [line: string, message: RegExp]> = [
  ['wrte 3', /^unknown command "wrte"\. Did you mean "write"\?$/],
  ['zebra', /^unknown command "zebra"$/],
  ['open', /^"open" needs more: open KIND \[writer\]$/],
  ['open pip', /^"open" does not know "pip"\. Did you mean "pipe"\?$/],
  ['open pipe fifo', /^"open" takes no second word such as "fifo": open KIND/],
  ['write 0', /^"write" takes 1 … 65536 bytes, not "0"$/],
  ['write -1', /^"write" takes 1 … 65536 bytes, not "-1"$/],
  ['read 65537', /^"read" takes 1 … 65536 bytes, not "65537"$/],
  ['read 1.5', /^"read" takes 1 … 65536 bytes, not "1\.5"$/],
  ['write 1 2', /^"write" takes no second word such as "2"/],
  ['write per', /Did you mean "peer"\?$/],
  ['write zebra', /^"write" does not know "zebra": write \[N\] \[END\], /],
  ['watch', /^"watch" needs more: watch INTEREST\.\.\.$/],
  ['watch READIBLE', /Did you mean "READABLE"\?$/],
  ['watch HANGUP', /^"watch" does not know "HANGUP"/],
  ['watch nothing READABLE', /^"watch nothing" takes no other interest$/],
  ['modes', /^"modes" needs more/],
  ['modes levle', /Did you mean "LEVEL"\?$/],
  ['modes edge edge edge edge edge', /^"modes" takes at most 4 modes, not 5$/],
  ['wait 3', /^"wait" takes no words, and was given "3"$/],
  ['shutdown sideways', /^"shutdown" does not know "sideways"/],
];

test('lab:commands.3 a wrong line is refused with the reason, and with the word that was probably meant', () => {
  for (const [line, message] of WRONG)
    assert.match(
      refusal(() => parse(line)),
      message,
      line,
    );
});

test('lab:commands.4 every command has a help, and every word that completes it is understood', () => {
  for (const name of NAMES) {
    assert.ok(FORMS[name].help.length > 5, name);
    const first = { open: ' pipe', watch: ' READABLE', modes: ' LEVEL' }[name as string] ?? '';
    for (const word of wordsAfter(name).filter((each) => each !== first.trim()))
      assert.ok(!/does not know/.test(refusal(() => parse(`${name}${first} ${word}`))), `${name} ${word}`);
  }
});

test('lab:commands.7 a script may come from Windows, and hands no control characters to a terminal or a picture', async () => {
  const script = '\uFEFF# a\x1b[31m comment\x07\u009b\r\ntitle A \x1b]0;pipe\uFFFF\r\nopen pipe\r\n';
  const { title, parts } = await runScript(script, 's');
  assert.is(parts[0], 'a[31m comment');
  assert.is(title, 'A ]0;pipe');
  assert.is(parts.length, 2);
});

test('lab:commands.5 an error of a script names the file and the line, before anything is performed', async () => {
  const script = '# a comment\n\nopen pipe\nwrte\n';
  assert.is(
    refusal(() => linesOf(script, 'my.lab')),
    'my.lab:4: unknown command "wrte". Did you mean "write"?',
  );
  const parts: unknown[] = [];
  const error = await runScript(script, 'my.lab', (part) => parts.push(part)).catch((reason: Error) => reason.message);
  assert.equal([error, parts], ['my.lab:4: unknown command "wrte". Did you mean "write"?', []]);
});

const IMPOSSIBLE: ReadonlyArray<readonly [script: string, message: RegExp]> = [
  ['write', /^s:1: nothing is open: begin with "open pipe"/],
  ['open tcp writer', /^s:1: "writer" goes with a pipe or fifo/],
  ['open pipe\naccept', /^s:2: "accept" does not go with a pipe$/],
  ['open listener\nread', /^s:2: "read" does not go with a listener$/],
  ['open pipe\nclose\nwrite', /^s:3: peer is closed$/],
  ['open pipe\nclose dup', /^s:2: there is no duplicate/],
  ['open pipe\ndup\ndup', /^s:3: there is a duplicate/],
  ['open socketpair\nreset', /^s:2: "reset" needs "open tcp"$/],
];

test('lab:commands.6 a command that does not go with what is open is refused with the line and the reason', async () => {
  for (const [script, expected] of IMPOSSIBLE) {
    const message = await runScript(script, 's').then(
      () => 'nothing was thrown',
      (error: Error) => error.message,
    );
    assert.match(message, expected, script);
  }
});
