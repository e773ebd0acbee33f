import { createPoller, Reactor, share } from 'pollux';
import * as sys from 'pollux/sys';
import { createRequire } from 'node:module';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { runProgram } from '../support/program.js';
import { suite } from '../support/suite.js';

const test = suite('errors');

test('poller:errors.1 errors are as documented in a program that has frozen and replaced the built-in objects', () => {
  const { stdout, stderr } = runProgram('hostile');
  const expected = [
    [
      'RangeError',
      'ERR_OUT_OF_RANGE',
      'The value of "fd" is out of range. It must be an integer >= 0 && <= 2147483647. Received -1',
    ],
    ['TypeError', 'ERR_INVALID_ARG_TYPE', 'The "fd" argument must be of type number. Received type string (\'7\')'],
    ['TypeError', 'ERR_INVALID_ARG_TYPE', 'The "fd" argument must be of type number. Received an instance of Object'],
    ['TypeError', 'ERR_INVALID_ARG_TYPE', 'The "fd" argument must be of type number. Received an instance of Object'],
    ['TypeError', 'ERR_INVALID_ARG_TYPE', 'The "fd" argument must be of type number. Received type symbol (Symbol(s))'],
    ['Error', 'ERR_POLLER_CLOSED', 'The poller is closed'],
    ['AbortError', 'ABORT_ERR', 'The operation was aborted'],
  ];
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line || '0') as unknown);
  assert.equal(lines, [expected, expected, expected, expected], stderr);
});

test('poller:errors.2 the stack begins with name, code and message, also when the message has several lines', () => {
  const { stack, message } = thrownBy(() => createPoller({ backend: 'a\nb' as never }));
  assert.match(message, 'a\nb');
  assert.is(stack!.startsWith(`TypeError [ERR_INVALID_ARG_VALUE]: ${message}\n`), true, stack);
  assert.is(stack!.split('a\nb').length, 2);
});

test('poller:errors.3 a poller or reactor of another copy of the package is refused with that reason', () => {
  const require = createRequire(__filename);
  const kept = new Map(Object.entries(require.cache).filter(([file]) => /[/\\]dist[/\\]/.test(file)));
  for (const file of kept.keys()) delete require.cache[file];
  const other = require('pollux') as typeof import('pollux');
  for (const file of Object.keys(require.cache)) if (/[/\\]dist[/\\]/.test(file)) delete require.cache[file];
  for (const [file, module] of kept) require.cache[file] = module;
  assert.ok(other.Reactor !== Reactor);
  const poller = other.createPoller();
  const reactor = new other.Reactor();
  const theirs = /of another copy of pollux, whose addon is .*: install pollux once$/;
  for (const act of [() => share(poller), () => new Reactor({ poller })]) assert.match(thrownBy(act).message, theirs);
  const { listen } = require('pollux') as typeof import('pollux');
  assert.match(thrownBy(() => listen({ port: 0, reactor: reactor as never }, () => {})).message, theirs);
  assert.match(thrownBy(() => share({} as never)).message, 'a poller made by createPoller()');
  poller.close();
  reactor.close();
});

test('poller:errors.4 an empty view of another realm does not count as detached', () => {
  const { runInNewContext } = createRequire(__filename)('node:vm') as typeof import('node:vm');
  const [a, b] = sys.socketPair();
  for (const source of ['new DataView(new ArrayBuffer(0))', 'new Uint8Array(0)']) {
    assert.is(sys.write(a, runInNewContext(source) as Uint8Array), 0);
  }
  assert.is(sys.write(a, runInNewContext('new Uint16Array([1, 2])') as Uint8Array), 4);
  sys.close(a);
  sys.close(b);
});
