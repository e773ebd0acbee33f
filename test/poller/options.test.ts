import { Duplex } from 'node:stream';
import { connect, createPoller, events, FdStream, listen, once, Reactor, READABLE } from 'pollux';
import { createReporter, runConformance } from 'pollux/conformance';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { openDescriptors } from '../support/process.js';
import { pair, rejection } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('options');

/** Everything that takes options: the call, a misspelt option, and the one that was meant. */
const CALLS: Readonly<
  Record<
    string,
    readonly [call: (options: never, fd: number, reactor: Reactor) => unknown, wrong: string, right: string]
  >
> = {
  'createPoller()': [(options) => createPoller(options), 'capcity', 'capacity'],
  'new Reactor()': [(options) => new Reactor(options), 'onEror', 'onError'],
  'once()': [(options, fd) => once(fd, READABLE, options), 'timeout', 'timeoutMs'],
  'reactor.once()': [(options, fd, reactor) => reactor.once(fd, READABLE, options), 'timeoutms', 'timeoutMs'],
  'events()': [(options, fd) => events(fd, READABLE, options), 'singal', 'signal'],
  'new FdStream()': [(options, fd) => new FdStream(fd, options), 'allowHalfopen', 'allowHalfOpen'],
  'listen()': [(options) => listen(Object.assign({ port: 0 }, options as object), sys.close), 'reuseport', 'reusePort'],
  'connect()': [(options) => connect(Object.assign({ port: 1 }, options as object)), 'localAdress', 'localAddress'],
  'splice()': [(options, fd) => sys.splice(fd, fd, 1, options), 'inOfset', 'inOffset'],
  'runConformance()': [
    (options) => runConformance(Object.assign({ createPoller }, options as object)),
    'filters',
    'filter',
  ],
};

/** The error that the call throws or rejects with. */
async function refusalOf(call: () => unknown): Promise<Error & { code?: string }> {
  return rejection(Promise.resolve().then(call));
}

for (const [name, [call, wrong, right]] of Object.entries(CALLS)) {
  test(
    `poller:options.1 ${name} refuses a misspelt option by name, and suggests the right one`,
    scoped(async (scope) => {
      const [fd] = pair(scope);
      const reactor = new Reactor();
      scope.atEnd(() => reactor.close());
      // The first call makes the default reactor of the thread.
      await refusalOf(() => call({ [wrong]: 1 } as never, fd, reactor));
      const before = openDescriptors();
      for (const value of [1, undefined]) {
        const error = await refusalOf(() => call({ [wrong]: value } as never, fd, reactor));
        assert.equal([error.name, error.code], ['TypeError', 'ERR_INVALID_ARG_VALUE']);
        assert.is(error.message, `The property "options.${wrong}" is unknown. Did you mean "${right}"?`);
      }
      assert.equal(openDescriptors(), before);
    }),
  );
}

test('poller:options.2 an option that resembles none is refused with the names of all options', () => {
  const error = thrownBy(() => createPoller({ zebra: 1 } as never));
  assert.is(error.message, 'The property "options.zebra" is unknown. Known are backend, capacity, spinUs, audit');
});

test('poller:options.3 an option that every object has, such as constructor, is refused too', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    const options = Object.defineProperty({}, name, { value: 1, enumerable: true });
    assert.is(thrownBy(() => createPoller(options)).code, 'ERR_INVALID_ARG_VALUE', name);
  }
});

test('poller:options.4 inherited and non-enumerable properties of the options are ignored', () => {
  const options = Object.create({ zebra: 1 }) as object;
  createPoller(Object.defineProperty(options, 'hidden', { value: 1 })).close();
  createPoller(Object.assign(Object.create(null) as object, { capacity: 4, backend: undefined })).close();
});

test(
  'poller:options.5 FdStream accepts the options of Duplex',
  scoped((scope) => {
    const names = [
      'emitClose',
      'autoDestroy',
      'decodeStrings',
      'objectMode',
      'highWaterMark',
      'defaultEncoding',
    ] as const;
    const [fd] = pair(scope);
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    new Duplex(options);
    new FdStream(fd, { ...options, ownsFd: false }).destroy();
  }),
);

test(
  'poller:options.6 a misspelt port or host is refused by functions that allow addresses without them',
  scoped(async (scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    assert.is(
      thrownBy(() => sys.bind(fd, { hots: '127.0.0.1' } as never)).message,
      'The property "address.hots" is unknown. Did you mean "host"?',
    );
    const error = await rejection(connect({ port: 1, localAddress: { adress: '127.0.0.1' } } as never));
    assert.match(error.message, /^The property "options\.localAddress\.adress" is unknown/);
  }),
);

test(
  'poller:options.7 an address that pollux has returned may be given back',
  scoped(async (scope) => {
    const listener = listen({ host: '127.0.0.1', port: 0 }, sys.close);
    scope.atEnd(() => listener.close());
    scope.own(await connect(listener.address));
    listen({ ...listener.address, port: 0 }, sys.close).close();
  }),
);

test('poller:options.8 a misspelt backend, socket option, clause or reporter is refused with a suggestion', async () => {
  assert.match(thrownBy(() => createPoller({ backend: 'epol' as never })).message, /Did you mean "epoll"\?$/);
  assert.match(thrownBy(() => sys.getOption(0, 'noDelya' as never)).message, /Did you mean "noDelay"\?$/);
  assert.match(
    (await rejection(runConformance({ createPoller, filter: 'hangp' }))).message,
    /Did you mean "hangup"\?$/,
  );
  const error = thrownBy(() => createReporter('jnit' as never));
  assert.is(error.code, 'ERR_INVALID_ARG_VALUE');
  assert.match(error.message, /Did you mean "junit"\?$/);
});

test('poller:options.9 runConformance() refuses options of the wrong type', async () => {
  for (const options of [
    { timeoutMs: '5' },
    { bail: 1 },
    { reuseAfterFailure: 'no' },
    { onStart: {} },
    { onResult: 1 },
  ]) {
    const error = await rejection(runConformance({ createPoller, filter: 'timeout.10', ...options } as never));
    assert.is((error as { code?: string }).code, 'ERR_INVALID_ARG_TYPE', JSON.stringify(options));
  }
});
