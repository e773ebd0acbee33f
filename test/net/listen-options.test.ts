import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listen, type ListenOptions, type Reactor } from 'pollux';
import * as assert from 'uvu/assert';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { HOST, accepting } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { onBothWaiters } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('net: options of listen');

onBothWaiters(test, 'net:listen.16 wrong options are refused before anything is opened', (scope, open) => {
  const reactor: Reactor = open();
  const before = openDescriptors();
  const attempt = (options: object) => () => accepting(scope, { host: HOST, port: 0, reactor, ...options });
  for (const options of [
    { reusePort: 1 },
    { exclusive: 'yes' },
    { reactor: {} },
    { signal: {} },
    { path: 1 },
    { port: '80' },
  ]) {
    expectRefusal(attempt(options), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
  expectRefusal(attempt({ host: 'local\0host' }), TypeError, 'ERR_INVALID_ARG_VALUE');
  for (const options of [{ port: 65536 }, { port: -1 }, { backlog: -1 }]) {
    expectRefusal(attempt(options), RangeError, 'ERR_OUT_OF_RANGE');
  }
  expectRefusal(() => listen({ port: 0 }, undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectRefusal(() => listen(undefined as never, () => undefined), TypeError, 'ERR_INVALID_ARG_TYPE');
  assert.equal(openDescriptors(), before);
});

onBothWaiters(
  test,
  'net:listen.22 a path together with a port or host is refused, and no file is made',
  (scope, open) => {
    const reactor: Reactor = open();
    const path = join(scope.directory(), 'socket');
    for (const [name, value] of [
      ['port', 80],
      ['port', 0],
      ['host', HOST],
    ] as const) {
      const error = thrownBy(() => accepting(scope, { path, reactor, [name]: value } as unknown as ListenOptions));
      assert.instance(error, TypeError);
      assert.is(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.match(error.message, `The argument "options.${name}" does not go with options.path. Received `);
    }
    assert.not(existsSync(path));
    accepting(scope, { path, reactor, port: undefined, host: undefined });
    assert.ok(existsSync(path));
  },
);

onBothWaiters(test, 'net:listen.27 an error about an option names the option as the caller wrote it', (scope, open) => {
  const reactor = open();
  const messageOf = (options: object): string =>
    /"([^"]*)"/.exec(thrownBy(() => accepting(scope, { reactor, port: 0, ...options } as ListenOptions)).message)![1]!;
  const longPath = `/${'x'.repeat(200)}`;
  const names = [
    messageOf({ host: '1.2.3.400' }),
    messageOf({ host: '' }),
    messageOf({ host: 1 }),
    messageOf({ port: -1 }),
    messageOf({ backlog: -1 }),
    messageOf({ path: longPath, port: undefined }),
    messageOf({ path: 'a\0b', port: undefined }),
  ];
  assert.equal(names, [
    'options.host',
    'options.host',
    'options.host',
    'options.port',
    'options.backlog',
    'options.path',
    'options.path',
  ]);
});
