import { connect } from 'pollux';
import * as assert from 'uvu/assert';
import { failureOf } from '../support/connecting.js';
import { HOST } from '../support/listening.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('net: options of connect');

onBothWaiters(test, 'net:connect.13 wrong options are refused', async (_, open) => {
  const reactor = open();
  const types = [
    { port: '1' },
    { port: 1, host: 5 },
    { port: 1, signal: {} },
    { port: 1, timeoutMs: '1' },
    { path: 5 },
    { port: 1, reactor: {} },
    { port: 1, lookup: 'dns' },
    {},
  ];
  for (const options of types) assert.is((await failureOf(reactor, options))['code'], 'ERR_INVALID_ARG_TYPE');
  for (const options of [{ port: 65536 }, { port: 1, timeoutMs: NaN }]) {
    assert.is((await failureOf(reactor, options))['code'], 'ERR_OUT_OF_RANGE');
  }
  assert.is((await rejection(connect(undefined as never))).code, 'ERR_INVALID_ARG_TYPE');
});

onBothWaiters(test, 'net:connect.15 a path together with a port or host is refused', async (_, open) => {
  const reactor = open();
  for (const [name, value] of [
    ['port', 80],
    ['port', 0],
    ['host', 'localhost'],
  ] as const) {
    const { code, message } = await failureOf(reactor, { path: '/run/nobody', [name]: value });
    assert.is(code, 'ERR_INVALID_ARG_VALUE');
    assert.match(String(message), `The argument "options.${name}" does not go with options.path. Received `);
  }
  const { code } = await failureOf(reactor, { path: '/run/nobody', port: undefined, host: undefined });
  assert.is(code, 'ENOENT');
});

onBothWaiters(
  test,
  'net:connect.21 an error about an option names the option as the caller wrote it',
  async (_, open) => {
    const reactor = open();
    const nameIn = async (options: object): Promise<string> =>
      /"([^"]*)"/.exec((await rejection(connect({ reactor, port: 1, ...options } as never))).message)![1]!;
    assert.is(await nameIn({ host: '1:2' }), 'options.host');
    assert.is(await nameIn({ host: HOST, localAddress: { host: 'me' } }), 'options.localAddress.host');
    assert.is(await nameIn({ host: HOST, localAddress: { port: -1 } }), 'options.localAddress.port');
    assert.is(await nameIn({ host: HOST, localAddress: 1 }), 'options.localAddress');
    assert.is(await nameIn({ timeoutMs: NaN }), 'options.timeoutMs');
  },
);
